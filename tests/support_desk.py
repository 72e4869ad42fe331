"""A desk whose episodes are whatever a test says, for tests of the dashboard that need no pipeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from shared.errors import NotFound, PermanentError
from shared.identity import episode_id_of, job_id_of
from shared.models import JobState, PodcastProcessingJob, Source, StepProgress, StepState
from shared.models.progress import StepNote
from shared.show import ShowSettings

NOON = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
PUBLIC_URL = "http://127.0.0.1:8080/site"


class ScriptedDesk:
    """Keeps jobs in memory and received files as bytes."""

    def __init__(self, jobs: list[PodcastProcessingJob] | None = None, *, show: ShowSettings | None = None) -> None:
        self.all = list(jobs or [])
        self.files: dict[str, bytes] = {}
        self.notes: dict[str, StepNote] = {}
        self.retried: list[str] = []
        self.settings: ShowSettings | PermanentError = show or ShowSettings()
        self.time = NOON
        self.public_url = PUBLIC_URL

    def now(self) -> datetime:
        return self.time

    def show(self) -> ShowSettings:
        if isinstance(self.settings, PermanentError):
            raise self.settings
        return self.settings

    def jobs(self, limit: int, before: str | None) -> list[PodcastProcessingJob]:
        ids = [job.job_id for job in self.all]
        start = ids.index(before) + 1 if before in ids else 0
        return self.all[start : start + limit]

    def job(self, job_id: str) -> PodcastProcessingJob | None:
        return next((job for job in self.all if job.job_id == job_id), None)

    def note(self, job_id: str) -> StepNote | None:
        return self.notes.get(job_id)

    def retry(self, job_id: str) -> None:
        job = self.job(job_id)
        if job is None:
            raise NotFound(f"there is no job {job_id}")
        if job.state is not JobState.FAILED:
            raise PermanentError(f"job {job_id} has not failed", advice="Wait for its end.")
        self.retried.append(job_id)

    def holds(self, name: str) -> bool:
        return name in self.files

    def receive(self, name: str, content: BinaryIO) -> str:
        self.files[name] = content.read()
        job = a_job(name)
        self.all.insert(0, job)
        return job.job_id


def a_job(name: str = "talk.mp3", state: JobState = JobState.RECEIVED, **fields: object) -> PodcastProcessingJob:
    """A job of a file of this name that arrived at noon."""
    source = Source(bucket="input", object_name=name, generation=1, size=8_400_000)
    return PodcastProcessingJob(
        job_id=job_id_of("input", name, 1),
        episode_id=episode_id_of("input", name),
        source=source,
        state=state,
        created_at=NOON,
        updated_at=NOON,
    ).but(**fields)


def a_step(
    state: StepState, *, began: float | None = None, took: float | None = None, **fields: object
) -> StepProgress:
    """A step that began so many seconds before noon and took so many."""
    started = None if began is None else NOON - timedelta(seconds=began)
    finished = started + timedelta(seconds=took) if started is not None and took is not None else None
    return StepProgress(
        state=state, attempt=0 if started is None else 1, started_at=started, finished_at=finished
    ).model_copy(update=fields)
