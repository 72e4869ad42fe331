"""What happens next to an episode: pure functions over the job, the facts and the time."""

from __future__ import annotations

from datetime import datetime, timedelta

from controller.orchestrator.facts import CancelStep, CloseBooks, Decision, Facts, FreeSlot, StartStep
from controller.orchestrator.orders import anew, released
from controller.orchestrator.outcome import with_costs, with_result_of
from controller.runner import ExecutionState
from shared.contract import FETCH, NOTIFY, PROCESS, STEPS, UPLOAD, Step
from shared.errors import Failure, Superseded
from shared.models import JobState, PodcastProcessingJob, StepState

START_GRACE = timedelta(seconds=30)
"""How long a requested start may stay unseen before it is requested again."""

FIRST_WAIT = 2.0
LONGEST_WAIT = 300.0
"""Seconds before the first retry, and the most before any; doubled in between, with jitter."""


def decide(job: PodcastProcessingJob, facts: Facts, now: datetime) -> Decision:
    """The job as it should be now, and what to do about it. Deciding again changes nothing."""
    if job.ended:
        return Decision(job, (CloseBooks(),))
    newest = facts.published_generation
    if newest is not None and newest > job.source.generation and (job.waits or job.state is JobState.RECEIVED):
        return _end(job, JobState.SUPERSEDED, now)
    if job.state is JobState.RECEIVED:
        return _begin(job, facts, now)
    if job.state is JobState.AWAITING_REVIEW:
        return Decision(job)
    if job.state is JobState.SCHEDULED:
        due = job.release_at is not None and now >= job.release_at
        return Decision(released(job, now) if due else job)
    step = next(step for step in STEPS if step.state is job.state)
    return _go_on(job, step, facts, now)


def wait_before_retry(failed_attempts: int, failure: Failure, jitter: float) -> timedelta:
    """How long to wait after the n-th failure in a row; what the other side asked for is obeyed."""
    backoff = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (failed_attempts - 1))
    return timedelta(seconds=max(backoff * (0.5 + jitter / 2), failure.retry_after or 0.0))


def _begin(job: PodcastProcessingJob, facts: Facts, now: datetime) -> Decision:
    if not facts.has_slot:
        return Decision(job)
    unfinished = _unfinished(job)
    if facts.source_gone and _needs_source(job, unfinished, facts):
        job, unfinished = anew(job, FETCH), FETCH
    return _let_pass(job, unfinished, facts, now)


def _unfinished(job: PodcastProcessingJob) -> Step:
    return next(step for step in STEPS if job.step(step.name).state is not StepState.SUCCEEDED)


def _needs_source(job: PodcastProcessingJob, step: Step, facts: Facts) -> bool:
    # What is public already is published anew from its own audio, and what is withdrawn needs none.
    return step is PROCESS or (step is UPLOAD and not job.withdrawn and facts.public_job != job.job_id)


def _let_pass(job: PodcastProcessingJob, step: Step, facts: Facts, now: datetime) -> Decision:
    """Starts the step; an upload only where people need not be asked, or said yes. No upload begins elsewhere."""
    if step is not UPLOAD or job.approved or job.withdrawn:
        return _start(job, step, now)
    if isinstance(facts.reviewed, Failure):
        return _give_up(job, step, facts.reviewed, now)
    if facts.reviewed:
        return _start(job.but(outcome="awaiting_review"), NOTIFY, now)
    return _start(job, step, now)


def _go_on(job: PodcastProcessingJob, step: Step, facts: Facts, now: datetime) -> Decision:
    if step is PROCESS:
        job = with_costs(job, facts.results)
    progress = job.step(step.name)
    if success := facts.success_of(step, progress):
        job = job.with_step(step.name, state=StepState.SUCCEEDED, finished_at=now, error=None)
        return _after(with_result_of(job, success[1], facts.edited_title), step, facts, now)
    if progress.state is StepState.RETRYING:
        due = progress.not_before is None or now >= progress.not_before
        return _start(job, step, now) if due else Decision(job)
    if failed := facts.failure_of(step, progress):
        return _after_failure(job, step, failed.error, facts, now)
    return _watch(job, step, facts, now)


def _watch(job: PodcastProcessingJob, step: Step, facts: Facts, now: datetime) -> Decision:
    progress = job.step(step.name)
    waited = now - (progress.requested_at or now)
    if facts.execution is ExecutionState.UNKNOWN:
        if waited <= START_GRACE:
            return Decision(job)
        again = job.with_step(step.name, requested_at=now).but(updated_at=now)
        return Decision(again, (StartStep(step, progress.attempt),))
    if facts.execution is ExecutionState.ENDED:
        lost = Failure(
            type="ExecutionLost",
            message=f"{step.job_name} ended without a result",
            retryable=True,
            advice="It was stopped or ran out of memory; its log says more.",
        )
        return _after_failure(job, step, lost, facts, now)
    limit = facts.time_limit or step.resources.timeout_seconds
    if waited > timedelta(seconds=limit):
        late = Failure(
            type="TimedOut",
            message=f"{step.job_name} was not done after {limit / 60:.0f} minutes",
            retryable=True,
            advice="If it happens again, give the step more time or the episode fewer hours.",
        )
        decision = _after_failure(job, step, late, facts, now)
        return Decision(decision.job, (CancelStep(step, progress.attempt), *decision.actions))
    if progress.state is not StepState.RUNNING:
        return Decision(job.with_step(step.name, state=StepState.RUNNING).but(updated_at=now))
    return Decision(job)


def _start(job: PodcastProcessingJob, step: Step, now: datetime) -> Decision:
    progress = job.step(step.name)
    job = job.with_step(
        step.name,
        state=StepState.REQUESTED,
        attempt=progress.attempt + 1,
        requested_at=now,
        started_at=progress.started_at or now,
        not_before=None,
    )
    return Decision(job.but(state=step.state, updated_at=now), (StartStep(step, progress.attempt + 1),))


def _after(job: PodcastProcessingJob, step: Step, facts: Facts, now: datetime) -> Decision:
    if job.state is JobState.SUPERSEDED:
        return _end(job, JobState.SUPERSEDED, now)
    if step is NOTIFY:
        return _told(job.but(announced=job.announced or job.outcome == "completed"), now)
    if step is UPLOAD and (job.announced or job.withdrawn):
        # That it is out is known already, and a change of it is no news.
        return _end(job.with_step(NOTIFY.name, state=StepState.SUCCEEDED), JobState.COMPLETED, now)
    return _let_pass(job, _unfinished(job), facts, now)


def _told(job: PodcastProcessingJob, now: datetime) -> Decision:
    """The job after notify-job, whether people could be told or not."""
    if job.outcome == "awaiting_review":
        return Decision(job.but(state=JobState.AWAITING_REVIEW, updated_at=now), (FreeSlot(),))
    return _end(job, JobState(job.outcome or "completed"), now)


def _after_failure(job: PodcastProcessingJob, step: Step, failure: Failure, facts: Facts, now: datetime) -> Decision:
    failed = job.step(step.name).failed_attempts + 1
    if failure.retryable and failed < step.resources.attempts:
        due = now + wait_before_retry(failed, failure, facts.jitter)
        job = job.with_step(step.name, state=StepState.RETRYING, failed_attempts=failed, not_before=due, error=failure)
        return Decision(job.but(updated_at=now))
    job = job.with_step(step.name, failed_attempts=failed)
    if failure.type == Superseded.__name__:
        # The newer version tells its own story; this one is no news.
        job = job.with_step(step.name, state=StepState.FAILED, finished_at=now, error=failure)
        return _end(job, JobState.SUPERSEDED, now)
    return _give_up(job, step, failure, now)


def _give_up(job: PodcastProcessingJob, step: Step, failure: Failure, now: datetime) -> Decision:
    job = job.with_step(step.name, state=StepState.FAILED, finished_at=now, error=failure)
    if step is NOTIFY:
        return _told(job, now)
    return _start(job.but(outcome="failed", failed_step=step.name, error=failure), NOTIFY, now)


def _end(job: PodcastProcessingJob, state: JobState, now: datetime) -> Decision:
    return Decision(job.but(state=state, updated_at=now), (CloseBooks(),))
