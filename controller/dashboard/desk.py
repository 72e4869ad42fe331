"""What the dashboard asks of the controller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from shared.models import EpisodeEdits, PodcastProcessingJob, ProcessingMetadata
from shared.models.progress import StepNote
from shared.show import ShowSettings


@dataclass(frozen=True)
class Draft:
    """What the editor shows: the model's words, and people's edits beside them."""

    heard: ProcessingMetadata
    edits: EpisodeEdits
    """Blank, with revision 0, where nobody edited yet."""
    version: str
    """Of what was heard and what is kept of it; `save` and `publish` want it back."""


class Desk(Protocol):
    """The controller as its dashboard sees it."""

    @property
    def public_url(self) -> str:
        """Where the public bucket is served, without a trailing slash."""
        ...

    @property
    def stack(self) -> str | None:
        """What people call the deployed stack in a command; None on a laptop."""
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

    def draft(self, job_id: str) -> Draft | None:
        """What was heard and what people made of it; None while nothing was heard yet, or of an unknown job."""
        ...

    def save(self, job_id: str, edits: EpisodeEdits, version: str) -> Draft:
        """Keeps the edits, made on the draft of this `version`, and returns the draft as it is then.

        Changes nothing that is public; `publish` does. Raises ConflictError where somebody else saved meanwhile or the
        episode is being published this very moment.
        """
        ...

    def publish(self, job_id: str, *, at: datetime | None = None, version: str | None = None) -> None:
        """Publishes what waits for review or its hour, and publishes anew what is public or was withdrawn.

        `at` is an hour to wait for, `version` the draft that was read. Raises ConflictError when the job is in no state
        for it or has another draft by now.
        """
        ...

    def reject(self, job_id: str) -> None:
        """Ends a job that waits for review or for its hour: it will not be published."""
        ...

    def review_again(self, job_id: str) -> None:
        """Has a rejected or scheduled job wait for review again."""
        ...

    def withdraw(self, job_id: str) -> None:
        """Takes a published episode from the public: its item from the feed, its files from the site."""
        ...

    def reprocess(self, job_id: str) -> None:
        """Has the recording listened to anew; people's edits stay."""
        ...

    def source_audio(self, job_id: str) -> tuple[BinaryIO, int, str] | None:
        """The pinned recording as a seekable reader, its size in bytes and its media type; None once it expired."""
        ...

    def holds(self, name: str) -> bool:
        """Whether the input store has a file of this name already, which `receive` would replace."""
        ...

    def receive(self, name: str, content: BinaryIO) -> str:
        """Puts a recording into the input store and returns the id of its job.

        The store gets the whole file or, when reading `content` raises, nothing.
        """
        ...
