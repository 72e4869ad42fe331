"""What people may have a job do, beside dropping its recording: pure functions from the record to the next one.

An order that makes the job move leaves it `received`: it takes a slot like any other and goes on with the first step
that is not finished. Every order in a state that does not allow it raises ConflictError, whose advice says what does.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from shared.contract import NOTIFY, PROCESS, UPLOAD, Step
from shared.errors import ConflictError, PermanentError
from shared.models import IN_THE_END, CatalogueEntry, JobState, PodcastProcessingJob, StepState

UNPUBLISHED = frozenset({JobState.AWAITING_REVIEW, JobState.SCHEDULED})
"""States in which a finished draft waits."""
AT_REST = frozenset((IN_THE_END | UNPUBLISHED) - {JobState.SUPERSEDED})
"""States in which no step of a job runs that may still be changed."""


def resume(job: PodcastProcessingJob, now: datetime) -> PodcastProcessingJob:
    """The failed job, ready to go on from the step that failed; what succeeded is kept."""
    _check(job, {JobState.FAILED}, "be retried", "Only a failed job can be retried.")
    if job.failed_step is not None:
        job = job.with_step(
            job.failed_step, state=StepState.WAITING, failed_attempts=0, not_before=None, finished_at=None, error=None
        )
    return _under_way(job, now)


def publish(
    job: PodcastProcessingJob, now: datetime, *, entry: CatalogueEntry | None = None, at: datetime | None = None
) -> PodcastProcessingJob:
    """The job let pass to the public, at once or at the hour `at`; what is public already is published anew.

    Args:
        job: the record.
        now: the time.
        entry: what the catalogue holds of the episode.
        at: an hour to wait for; one that has passed means at once.

    Raises:
        ConflictError: it has no draft that waits and was never public, or a newer recording is.
        PermanentError: `at` has no time zone.
    """
    check_newest(job, entry)
    if job.state is JobState.FAILED:
        advice = "Retry it: what you changed is published with it."
    elif job.state is JobState.REJECTED:
        advice = "Have it wait for review again first."
    else:
        advice = "Only what waits for review or for its hour, or was published before, can be published."
    _check(job, {*UNPUBLISHED, JobState.COMPLETED}, "be published", advice)
    if at is not None and at.tzinfo is None:
        raise PermanentError(f"{at} has no time zone", advice="Say in which time zone the hour is meant.")
    if at is not None and at > now:
        if job.state is JobState.COMPLETED and not job.withdrawn:
            raise ConflictError(
                f"{_name(job)} is public already and cannot wait for an hour",
                advice="Publish the change at once, or take the episode from the public first.",
            )
        return job.but(state=JobState.SCHEDULED, approved=True, release_at=at, updated_at=now)
    return released(job, now)


def released(job: PodcastProcessingJob, now: datetime) -> PodcastProcessingJob:
    """The approved job on its way to the public."""
    return _under_way(anew(job, UPLOAD), now).but(approved=True, withdrawn=False, release_at=None)


def reject(job: PodcastProcessingJob, now: datetime) -> PodcastProcessingJob:
    """The job at its end, unpublished."""
    advice = "Only what waits for review or for its hour can be rejected."
    _check(job, UNPUBLISHED, "be rejected", advice)
    return job.but(state=JobState.REJECTED, approved=False, release_at=None, updated_at=now)


def review_again(job: PodcastProcessingJob, now: datetime) -> PodcastProcessingJob:
    """The rejected or scheduled job, waiting for review as before."""
    advice = "Only what was rejected or waits for its hour can go back to review."
    _check(job, {JobState.REJECTED, JobState.SCHEDULED}, "go back to review", advice)
    return job.but(state=JobState.AWAITING_REVIEW, approved=False, release_at=None, updated_at=now)


def withdraw(job: PodcastProcessingJob, now: datetime, *, entry: CatalogueEntry | None) -> PodcastProcessingJob:
    """The job on its way out of the public, where what the catalogue holds of the episode (`entry`) is this job's."""
    check_newest(job, entry)
    _check(job, AT_REST, "be taken from the public", "Wait until its steps are done.")
    if entry is None or entry.job_id != job.job_id or entry.state != "published":
        raise ConflictError(f"{_name(job)} is not public", advice="There is nothing to be taken from the public.")
    return _under_way(anew(job, UPLOAD), now).but(withdrawn=True, release_at=None)


def reprocess(job: PodcastProcessingJob, now: datetime) -> PodcastProcessingJob:
    """The job with its recording to be listened to anew; whoever approved it approved other words."""
    advice = "Take it back to review first." if job.state is JobState.SCHEDULED else "Wait until its steps are done."
    _check(job, AT_REST - {JobState.SCHEDULED}, "be processed again", advice)
    return _under_way(anew(anew(job, PROCESS), UPLOAD), now).but(approved=False, release_at=None)


def supersede(job: PodcastProcessingJob, now: datetime, *, newer: PodcastProcessingJob) -> PodcastProcessingJob:
    """The draft at its end, since a newer recording of its episode waits in its stead."""
    _check(job, UNPUBLISHED, "be superseded", "Only a draft that waits gives way to a newer one.")
    return job.but(state=JobState.SUPERSEDED, approved=False, release_at=None, replaced_by=newer.job_id, updated_at=now)


def check_newest_draft(job: PodcastProcessingJob, newer: PodcastProcessingJob | None) -> None:
    """Raises ConflictError where a newer recording of the episode waits (`newer`); what is public may be corrected."""
    if newer is not None and (job.state is not JobState.COMPLETED or job.withdrawn):
        raise ConflictError(
            f"a newer recording of {_name(job)} waits for review", advice=f"Open that one: job {newer.job_id}."
        )


def check_newest(job: PodcastProcessingJob, entry: CatalogueEntry | None) -> None:
    """Raises ConflictError where a newer recording of the episode was published: this one is a thing of the past."""
    if entry is not None and entry.generation > job.source.generation:
        raise ConflictError(
            f"a newer recording of {_name(job)} was published", advice=f"Open that one: job {entry.job_id}."
        )


def anew(job: PodcastProcessingJob, step: Step) -> PodcastProcessingJob:
    """The job with this step still to be done; what its earlier attempts returned counts no more."""
    return job.with_step(
        step.name,
        state=StepState.WAITING,
        counts_from=job.step(step.name).attempt + 1,
        failed_attempts=0,
        started_at=None,
        finished_at=None,
        not_before=None,
        error=None,
    )


def _under_way(job: PodcastProcessingJob, now: datetime) -> PodcastProcessingJob:
    # A message about an earlier outcome was sent; the message about the new one is another.
    return anew(job, NOTIFY).but(
        state=JobState.RECEIVED, outcome=None, failed_step=None, error=None, notified=False, updated_at=now
    )


def _check(job: PodcastProcessingJob, states: Collection[JobState], what: str, advice: str) -> None:
    if job.state not in states:
        raise ConflictError(f"{_name(job)} is {job.state.value} and cannot {what}", advice=advice)


def _name(job: PodcastProcessingJob) -> str:
    return f"{job.title or job.source.object_name} (job {job.job_id})"
