"""What the commands ask about jobs, wherever those run; the desk of a deployed stack is in controller/stack."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Protocol

from controller.local import LocalController
from shared.deployment import podcast_command
from shared.drafts import words_of
from shared.errors import NotFound
from shared.models import PodcastProcessingJob, ProcessingMetadata
from shared.models.progress import StepNote


class Desk(Protocol):
    """Jobs as the command sees them."""

    @property
    def look_every(self) -> float:
        """Seconds between two looks at a job that moves."""
        ...

    def now(self) -> datetime:
        """The time by the clock that dates the records."""
        ...

    def jobs(self, limit: int, before: str | None) -> list[PodcastProcessingJob]:
        """At most `limit` jobs, the newest first; only those older than the job `before`, if one is given."""
        ...

    def job(self, job_id: str) -> PodcastProcessingJob | None:
        """The job, None where there is no such job."""
        ...

    def note(self, job_id: str) -> StepNote | None:
        """The newest word from the job's running step."""
        ...

    def beginning_with(self, beginning: str) -> list[str]:
        """The ids of the jobs that begin so."""
        ...

    def heard(self, job: PodcastProcessingJob) -> ProcessingMetadata | None:
        """What was heard, as people want it; None where nothing was heard yet."""
        ...

    def retry(self, job_id: str) -> None:
        """Has the job resume from its failed step."""
        ...

    def places(self, job: PodcastProcessingJob) -> list[tuple[str, str]]:
        """Where a published episode is: what the place is called, and its address or "" if it has none."""
        ...

    def logs(self, job_id: str) -> str:
        """Where the job's logs are."""
        ...

    def reviewing(self) -> str:
        """The command that opens the dashboard."""
        ...

    def command(self, words: str) -> str:
        """The `podcast` command that people are told to run."""
        ...


class LocalDesk:
    """The desk of this machine."""

    look_every = 0.2

    def __init__(self, controller: LocalController) -> None:
        self._controller = controller
        self._desk = controller.desk
        self._settings = controller.settings

    def now(self) -> datetime:
        return self._desk.now()

    def jobs(self, limit: int, before: str | None) -> list[PodcastProcessingJob]:
        return self._desk.jobs(limit, before)

    def job(self, job_id: str) -> PodcastProcessingJob | None:
        return self._desk.job(job_id)

    def note(self, job_id: str) -> StepNote | None:
        return self._desk.note(job_id)

    def beginning_with(self, beginning: str) -> list[str]:
        return [job.job_id for job in self.jobs(sys.maxsize, None) if job.job_id.startswith(beginning)]

    def heard(self, job: PodcastProcessingJob) -> ProcessingMetadata | None:
        return words_of(self._settings.work, job)

    def retry(self, job_id: str) -> None:
        self._desk.retry(job_id)

    def places(self, job: PodcastProcessingJob) -> list[tuple[str, str]]:
        root = self._settings.public.root
        files = root / "podcasts" / job.job_id
        return [("Files", str(files)), ("Feed", str(root / "feed.rss")), ("Open", job.episode_url or "")]

    def logs(self, job_id: str) -> str:
        return str(self._settings.work.root / "logs" / job_id)

    def reviewing(self) -> str:
        return self.command("serve")

    def command(self, words: str) -> str:
        return podcast_command(words, None)


def find_job(desk: Desk, beginning: str) -> PodcastProcessingJob:
    """The one job whose id begins so. Raises NotFound where there is none, or more than one."""
    matching = desk.beginning_with(beginning)
    found = desk.job(matching[0]) if len(matching) == 1 else None
    if found is None:
        reason = f"{len(matching)} jobs begin with {beginning}" if matching else f"there is no job {beginning}"
        raise NotFound(reason, advice=f"`{desk.command('jobs')}` lists all jobs.")
    return found
