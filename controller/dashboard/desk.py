"""What the dashboard asks of the controller."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO, Protocol

from shared.models import PodcastProcessingJob
from shared.models.progress import StepNote
from shared.show import ShowSettings


class Desk(Protocol):
    """The controller as its dashboard sees it."""

    @property
    def public_url(self) -> str:
        """Where the public bucket is served, without a trailing slash."""
        ...

    def now(self) -> datetime:
        """The time, with its zone."""
        ...

    def show(self) -> ShowSettings:
        """The show's settings, read anew. Raises PermanentError when they are wrong."""
        ...

    def jobs(self, limit: int, before: str | None) -> list[PodcastProcessingJob]:
        """At most `limit` jobs, the newest first; only those older than the job `before`, if one is given."""
        ...

    def job(self, job_id: str) -> PodcastProcessingJob | None:
        """The job, None where there is no such job."""
        ...

    def note(self, job_id: str) -> StepNote | None:
        """The newest word from the job's running step, None where it has not said any."""
        ...

    def retry(self, job_id: str) -> None:
        """Has the job resume from its failed step. Raises PodcastError when it cannot."""
        ...

    def holds(self, name: str) -> bool:
        """Whether the input store has a file of this name already, which `receive` would replace."""
        ...

    def receive(self, name: str, content: BinaryIO) -> str:
        """Puts a recording into the input store and returns the id of its job.

        The store gets the whole file or, when reading `content` raises, nothing.
        """
        ...
