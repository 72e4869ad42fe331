"""What each step is told, from the record and from what the steps before it returned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from controller.orchestrator.facts import Facts
from shared import workspace
from shared.contract import (
    FETCH,
    NOTIFY,
    PROCESS,
    UPLOAD,
    FetchArguments,
    NotifyArguments,
    ProcessArguments,
    Step,
    StepArguments,
    UploadArguments,
)
from shared.models import PodcastProcessingJob


def arguments_for(
    step: Step, attempt: int, job: PodcastProcessingJob, facts: Facts, locate: Callable[[str], str]
) -> StepArguments:
    """The arguments of one attempt.

    Args:
        step: which step.
        attempt: number of the attempt.
        job: the record.
        facts: holds the results of the steps before.
        locate: turns a key of the work bucket into a path or a `gs://` URI.
    """
    pinned = locate(pinned_key(job))
    match step.name:
        case FETCH.name:
            return FetchArguments(
                job_id=job.job_id,
                attempt=attempt,
                bucket=job.source.bucket,
                object_name=job.source.object_name,
                generation=job.source.generation,
                output_path=pinned,
            )
        case PROCESS.name:
            return ProcessArguments(job_id=job.job_id, attempt=attempt, audio_file=pinned, gcs_uri=pinned)
        case UPLOAD.name:
            success = facts.success_of(PROCESS, job.step(PROCESS.name))
            heard_by = success[0] if success else job.step(PROCESS.name).attempt
            heard = locate(workspace.result_key(job.job_id, PROCESS.name, heard_by))
            return UploadArguments(job_id=job.job_id, attempt=attempt, audio_file=pinned, metadata_json=f"@{heard}")
        case NOTIFY.name:
            return _notify(attempt, job)
        case other:
            raise LookupError(f"nobody said what {other}-job is to be told")


def _notify(attempt: int, job: PodcastProcessingJob) -> NotifyArguments:
    name = job.title or job.source.object_name
    if job.outcome == "failed":
        reason = job.error.message if job.error else "the reason is not known"
        return NotifyArguments(
            job_id=job.job_id,
            attempt=attempt,
            status="failed",
            message=f"{name} was not published",
            error=f"{job.failed_step}-job: {reason}",
        )
    if job.outcome == "awaiting_review":
        return NotifyArguments(
            job_id=job.job_id, attempt=attempt, status="completed", message=f"{name} waits for review"
        )
    return NotifyArguments(
        job_id=job.job_id,
        attempt=attempt,
        status="completed",
        message=f"{name} is published",
        output_url=job.episode_url,
    )


def pinned_key(job: PodcastProcessingJob) -> str:
    """Where the job's pinned source lies in the work bucket."""
    suffix = PurePosixPath(job.source.object_name).suffix.lower().lstrip(".")
    return workspace.source_key(job.job_id, suffix if suffix.isascii() and suffix.isalnum() else "bin")
