"""Jobs, results, a runner that does as a test says, and what a step is given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from controller.runner import ExecutionState
from jobs.job import JobContext
from jobs.progress import Progress
from shared import workspace
from shared.config import LocalSettings
from shared.contract import (
    FETCH,
    NOTIFY,
    PROCESS,
    UPLOAD,
    FailedResult,
    FetchResult,
    NotifyResult,
    ProcessResult,
    Step,
    StepResult,
    UploadResult,
)
from shared.errors import Failure
from shared.identity import episode_id_of, job_id_of
from shared.models import PodcastProcessingJob, ProcessingMetadata, Source
from shared.storage import ObjectStore

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """A time that moves only when a test moves it."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def source(name: str = "one.mp3", generation: int = 1) -> Source:
    return Source(bucket="input", object_name=name, generation=generation)


def new_job(name: str = "one.mp3", generation: int = 1) -> PodcastProcessingJob:
    return PodcastProcessingJob(
        job_id=job_id_of("input", name, generation),
        episode_id=episode_id_of("input", name),
        source=source(name, generation),
        created_at=START,
        updated_at=START,
    )


def success_of(step: Step, job_id: str) -> StepResult:
    metadata = ProcessingMetadata(title="A title", summary="S", transcript="words", duration_seconds=60.0)
    return {
        FETCH.name: FetchResult(
            job_id=job_id, local_file="/f", file_size=3, source_bucket="input", source_object="one.mp3"
        ),
        PROCESS.name: ProcessResult(job_id=job_id, metadata=metadata),
        UPLOAD.name: UploadResult(
            job_id=job_id, audio_url="http://a", metadata_key="m", rss_key="r", episode_url="http://e"
        ),
        NOTIFY.name: NotifyResult(job_id=job_id, notification_sent=True),
    }[step.name]


def failure_of(job_id: str, *, retryable: bool, retry_after: float | None = None) -> FailedResult:
    failure = Failure(type="Test", message="it broke", retryable=retryable, advice="mend it", retry_after=retry_after)
    return FailedResult(job_id=job_id, error=failure)


class ScriptedRunner:
    """Starts nothing; a test ends each execution itself. Keeps what it was asked for."""

    def __init__(self, work: ObjectStore) -> None:
        self._work = work
        self.started: list[tuple[str, str, int]] = []
        self.arguments: dict[tuple[str, str, int], Sequence[str]] = {}
        self.cancelled: list[tuple[str, str, int]] = []
        self.states: dict[tuple[str, str, int], ExecutionState] = {}

    def start(self, step: Step, job_id: str, attempt: int, arguments: Sequence[str]) -> None:
        key = (job_id, step.name, attempt)
        self.started.append(key)
        self.arguments[key] = arguments
        self.states.setdefault(key, ExecutionState.RUNNING)

    def state(self, step: Step, job_id: str, attempt: int) -> ExecutionState:
        return self.states.get((job_id, step.name, attempt), ExecutionState.UNKNOWN)

    def cancel(self, step: Step, job_id: str, attempt: int) -> None:
        self.cancelled.append((job_id, step.name, attempt))
        self.states[job_id, step.name, attempt] = ExecutionState.ENDED

    def end(self, step: Step, job_id: str, attempt: int, result: StepResult | FailedResult | None) -> None:
        """The execution ends, with a result or without one."""
        if result is not None:
            key = workspace.result_key(job_id, step.name, attempt)
            self._work.write(key, result.model_dump_json().encode())
        if isinstance(result, FetchResult):
            self._work.write(workspace.source_key(job_id, "mp3"), b"the recording")
        self.states[job_id, step.name, attempt] = ExecutionState.ENDED


def context_in(data: Path, *, ai: str = "local") -> JobContext:
    """A step's context whose folders lie under `data`; its progress is kept nowhere."""
    settings = LocalSettings.model_validate({"data": data, "ai": ai})
    return JobContext(settings=settings, progress=Progress(None, "job", "test", now=lambda: datetime.now(UTC)))
