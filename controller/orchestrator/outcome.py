"""What a finished step adds to the record."""

from __future__ import annotations

from controller.orchestrator.facts import Results
from shared.contract import (
    PROCESS,
    FailedResult,
    FetchResult,
    NotifyResult,
    ProcessResult,
    StepResult,
    UploadResult,
)
from shared.models import Cost, JobState, PodcastProcessingJob


def with_costs(job: PodcastProcessingJob, results: Results) -> PodcastProcessingJob:
    """The job with what all its attempts have paid together, those that failed among them.

    A chunk that one attempt paid for and a later one found is counted with the one that paid.
    """
    known = [
        _paid(result)
        for (step, _), result in results.items()
        if step == PROCESS.name and isinstance(result, FailedResult | ProcessResult)
    ]
    return job.but(cost_usd=sum(cost.usd for costs in known for cost in costs)) if known else job


def _paid(result: FailedResult | ProcessResult) -> list[Cost]:
    if isinstance(result, ProcessResult) and result.costs is None:
        return result.metadata.costs
    return result.costs or []


def with_result_of(
    job: PodcastProcessingJob, result: StepResult, edited_title: str | None = None
) -> PodcastProcessingJob:
    """The job, richer by what the step found out. What people call the episode outranks what a model calls it."""
    match result:
        case FetchResult():
            return job.but(
                title=job.title or result.title,
                duration_seconds=result.duration_seconds or job.duration_seconds,
                source=job.source.model_copy(update={"size": result.file_size}),
            )
        case ProcessResult():
            return job.but(
                # What listeners hear is called as they know it until other words are published.
                title=job.title if job.is_heard else edited_title or result.metadata.title,
                duration_seconds=result.metadata.duration_seconds,
                made_by=result.metadata.made_by,
            )
        case UploadResult(superseded=True):
            return job.but(state=JobState.SUPERSEDED)
        case UploadResult():
            return job.but(
                outcome="completed",
                title=result.title or job.title,
                audio_url=None if result.withdrawn else result.audio_url,
                episode_url=None if result.withdrawn else result.episode_url,
                revision=result.revision,
                withdrawn=result.withdrawn,
            )
        case NotifyResult():
            return job.but(notified=result.notification_sent, perhaps_told_twice=result.perhaps_twice)
        case _:
            return job
