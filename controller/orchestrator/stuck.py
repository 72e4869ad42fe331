"""Which episodes are stuck: the pipeline should have moved them long ago, and nobody will hear of it otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from shared.contract import STEPS, Step
from shared.models import JobState, PodcastProcessingJob

MARGIN: Final = timedelta(hours=1)
"""Beyond what the attempts themselves may take: for the waits between them, and for a cloud that is out of order."""

_STEP_OF: Final = {step.state: step for step in STEPS}


def stuck(
    jobs: Iterable[PodcastProcessingJob], now: datetime, time_limits: Mapping[str, float]
) -> list[PodcastProcessingJob]:
    """Those of the open jobs that did not move in time, as they came.

    A step may take the time of as many attempts as it has begun. What waits for a place among the episodes under way
    is stuck only where none of these goes on: a long queue is no trouble. What waits for a person never is.

    Args:
        jobs: all open jobs, as they are after a sweep.
        now: the time.
        time_limits: seconds that an attempt may take, by step, where they are not the contract's.
    """
    jobs = list(jobs)
    begun = [job for job in jobs if job.state in _STEP_OF]
    late = {job.job_id for job in begun if _overdue(job, _STEP_OF[job.state], now, time_limits)}
    if len(late) == len(begun):
        queue = [job for job in jobs if job.state is JobState.RECEIVED]
        late |= {job.job_id for job in queue if now - job.updated_at > MARGIN}
    return [job for job in jobs if job.job_id in late]


def step_since(job: PodcastProcessingJob, step: Step) -> datetime:
    """When the job came to this step. A start that is asked for again and again is no move."""
    others = (progress.finished_at for name, progress in job.steps.items() if name != step.name)
    known = (job.created_at, job.reopened_at, job.step(step.name).started_at, *others)
    return max(moment for moment in known if moment is not None)


def _overdue(job: PodcastProcessingJob, step: Step, now: datetime, time_limits: Mapping[str, float]) -> bool:
    progress = job.step(step.name)
    attempts = progress.failed_attempts + 1
    limit = timedelta(seconds=time_limits.get(step.name) or step.resources.timeout_seconds)
    due = step_since(job, step) + attempts * limit
    return now > max(due, progress.not_before or due) + MARGIN
