"""What happens next to an episode."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_jobs import START, failure_of, new_job, success_of

from controller.orchestrator.decide import LONGEST_WAIT, START_GRACE, decide, wait_before_retry
from controller.orchestrator.facts import CancelStep, CloseBooks, Decision, Facts, StartStep
from controller.orchestrator.orders import resume
from controller.runner import ExecutionState
from shared.contract import FETCH, NOTIFY, PROCESS, STEPS, UPLOAD, FailedResult, Step, UploadResult
from shared.errors import ConflictError, Failure, Superseded
from shared.models import JobState, PodcastProcessingJob, StepState

RUNNING, ENDED, UNKNOWN = ExecutionState.RUNNING, ExecutionState.ENDED, ExecutionState.UNKNOWN
NEXT = dict(zip(STEPS, [PROCESS, UPLOAD, NOTIFY, None], strict=True))


def in_step(step: Step) -> PodcastProcessingJob:
    """A job whose steps before `step` succeeded and whose `step` is requested."""
    job = new_job()
    for earlier in STEPS[: STEPS.index(step)]:
        job = job.with_step(earlier.name, state=StepState.SUCCEEDED, attempt=1)
    job = job.with_step(step.name, state=StepState.REQUESTED, attempt=1, requested_at=START, started_at=START)
    return job.but(state=step.state, outcome="completed" if step is NOTIFY else None)


def fails(step: Step, job: PodcastProcessingJob, *, retryable: bool, attempt: int = 1) -> Facts:
    return Facts(results={(step.name, attempt): failure_of(job.job_id, retryable=retryable)}, execution=ENDED)


def test_a_received_job_with_a_slot_starts_fetch() -> None:
    decision = decide(new_job(), Facts(has_slot=True), START)
    assert decision.job.state is JobState.FETCHING
    assert decision.actions == (StartStep(FETCH, 1),)


def test_a_received_job_without_a_slot_waits() -> None:
    assert decide(new_job(), Facts(has_slot=False), START) == Decision(new_job())


def test_an_event_older_than_what_is_published_is_superseded() -> None:
    decision = decide(new_job(generation=1), Facts(has_slot=True, published_generation=2), START)
    assert decision.job.state is JobState.SUPERSEDED
    assert decision.actions == (CloseBooks(),)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_success_starts_the_next_step_and_the_last_one_ends_the_job(step) -> None:
    job = in_step(step)
    results = {(step.name, 1): success_of(step, job.job_id)}
    decision = decide(job, Facts(results=results, reviewed=False), START)
    assert decision.job.step(step.name).state is StepState.SUCCEEDED
    following = NEXT[step]
    if following is None:
        assert (decision.job.state, decision.actions) == (JobState.COMPLETED, (CloseBooks(),))
    else:
        assert (decision.job.state, decision.actions) == (following.state, (StartStep(following, 1),))


def test_a_result_outranks_what_the_execution_seems_to_be() -> None:
    job = in_step(FETCH)
    for execution in ExecutionState:
        facts = Facts(results={("fetch", 1): success_of(FETCH, job.job_id)}, execution=execution)
        assert decide(job, facts, START).job.state is JobState.PROCESSING


def test_the_success_of_an_earlier_attempt_wins() -> None:
    job = in_step(FETCH).with_step("fetch", attempt=2)
    facts = Facts(results={("fetch", 1): success_of(FETCH, job.job_id)}, execution=RUNNING)
    assert decide(job, facts, START).job.state is JobState.PROCESSING


@pytest.mark.parametrize("step", [FETCH, PROCESS, UPLOAD], ids=lambda step: step.name)
def test_a_permanent_failure_is_not_retried_but_told(step) -> None:
    job = in_step(step)
    decision = decide(job, fails(step, job, retryable=False), START)
    assert decision.job.state is JobState.NOTIFYING
    assert (decision.job.outcome, decision.job.failed_step) == ("failed", step.name)
    assert decision.job.error is not None
    assert decision.actions == (StartStep(NOTIFY, 1),)


@pytest.mark.parametrize("step", [FETCH, PROCESS, UPLOAD], ids=lambda step: step.name)
def test_a_transient_failure_waits_and_then_starts_another_attempt(step) -> None:
    job = in_step(step)
    waiting = decide(job, fails(step, job, retryable=True), START)
    assert waiting.actions == ()
    assert waiting.job.step(step.name).state is StepState.RETRYING
    due = waiting.job.step(step.name).not_before
    assert due is not None
    assert decide(waiting.job, Facts(), due - timedelta(seconds=0.1)).actions == ()
    assert decide(waiting.job, Facts(), due).actions == (StartStep(step, 2),)


def test_a_transient_failure_that_outlives_its_attempts_fails_the_job() -> None:
    job = in_step(PROCESS).with_step("process", attempt=3, failed_attempts=2)
    decision = decide(job, fails(PROCESS, job, retryable=True, attempt=3), START)
    assert (decision.job.state, decision.job.outcome) == (JobState.NOTIFYING, "failed")


def test_an_execution_that_ended_without_a_result_is_tried_again() -> None:
    decision = decide(in_step(PROCESS), Facts(execution=ENDED), START)
    assert decision.job.step("process").state is StepState.RETRYING
    assert decision.job.step("process").error is not None


def test_a_start_that_was_lost_is_requested_again_with_the_same_number() -> None:
    job = in_step(FETCH)
    assert decide(job, Facts(execution=UNKNOWN), START + START_GRACE).actions == ()
    late = START + START_GRACE + timedelta(seconds=1)
    decision = decide(job, Facts(execution=UNKNOWN), late)
    assert decision.actions == (StartStep(FETCH, 1),)
    # The request is noted, so that two sweeps at once cannot both repeat it.
    assert decision.job != job


def test_a_step_that_hangs_is_cancelled_and_tried_again() -> None:
    late = START + timedelta(seconds=FETCH.resources.timeout_seconds + 1)
    decision = decide(in_step(FETCH), Facts(execution=RUNNING), late)
    assert CancelStep(FETCH, 1) in decision.actions
    assert decision.job.step("fetch").state is StepState.RETRYING


def test_a_stack_may_give_a_step_more_time_than_the_contract_does() -> None:
    late = START + timedelta(seconds=FETCH.resources.timeout_seconds + 1)
    longer = FETCH.resources.timeout_seconds * 2
    assert decide(in_step(FETCH), Facts(execution=RUNNING, time_limit=longer), late).actions == ()
    later = START + timedelta(seconds=longer + 1)
    decision = decide(in_step(FETCH), Facts(execution=RUNNING, time_limit=longer), later)
    assert CancelStep(FETCH, 1) in decision.actions


@pytest.mark.parametrize("outcome", ["completed", "failed"])
def test_a_message_that_cannot_be_sent_does_not_change_the_outcome(outcome) -> None:
    job = in_step(NOTIFY).but(outcome=outcome)
    decision = decide(job, fails(NOTIFY, job, retryable=False), START)
    assert decision.job.state.value == outcome
    assert not decision.job.notified
    assert decision.job.step("notify").state is StepState.FAILED


def test_an_upload_that_found_a_newer_version_ends_as_superseded() -> None:
    job = in_step(UPLOAD)
    found = UploadResult(job_id=job.job_id, audio_url="a", metadata_key="m", rss_key="r", superseded=True)
    decision = decide(job, Facts(results={("upload", 1): found}), START)
    assert (decision.job.state, decision.actions) == (JobState.SUPERSEDED, (CloseBooks(),))


@pytest.mark.parametrize("state", [JobState.COMPLETED, JobState.FAILED, JobState.SUPERSEDED])
def test_an_ended_job_only_closes_its_books(state) -> None:
    job = new_job().but(state=state)
    assert decide(job, Facts(has_slot=True), START) == Decision(job, (CloseBooks(),))


@pytest.mark.parametrize("state", [JobState.AWAITING_REVIEW, JobState.SCHEDULED])
def test_a_job_that_waits_for_a_person_is_left_alone(state) -> None:
    job = new_job().but(state=state)
    assert decide(job, Facts(has_slot=True), START + timedelta(days=9)) == Decision(job)


def test_a_retry_goes_on_from_the_failed_step_and_keeps_what_succeeded() -> None:
    job = in_step(UPLOAD)
    failed = decide(job, fails(UPLOAD, job, retryable=False), START).job
    told = {("notify", 1): success_of(NOTIFY, job.job_id)}
    ended = decide(failed, Facts(results=told), START).job
    assert ended.state is JobState.FAILED

    resumed = resume(ended, START)
    decision = decide(resumed, Facts(has_slot=True, results=told, reviewed=False), START)
    assert decision.actions == (StartStep(UPLOAD, 2),)
    assert decision.job.step("process").state is StepState.SUCCEEDED
    assert (decision.job.error, decision.job.outcome) == (None, None)


def test_the_message_about_the_failure_does_not_count_as_the_message_about_the_success() -> None:
    job = in_step(UPLOAD)
    failed = decide(job, fails(UPLOAD, job, retryable=False), START).job
    told = {("notify", 1): success_of(NOTIFY, job.job_id)}
    resumed = resume(decide(failed, Facts(results=told), START).job, START)
    uploading = decide(resumed, Facts(has_slot=True, results=told, reviewed=False), START).job
    results = {**told, ("upload", 2): success_of(UPLOAD, job.job_id)}
    notifying = decide(uploading, Facts(results=results), START)
    assert notifying.actions == (StartStep(NOTIFY, 2),)
    assert decide(notifying.job, Facts(results=results, execution=RUNNING), START).job.state is JobState.NOTIFYING


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.FAILED])
def test_only_a_failed_job_can_be_retried(state) -> None:
    with pytest.raises(ConflictError, match=state.value):
        resume(new_job().but(state=state), START)


@given(st.integers(1, 50), st.floats(0, 1))
def test_waits_grow_but_not_for_ever(failures, jitter) -> None:
    failure = Failure(type="T", message="m", retryable=True)
    wait = wait_before_retry(failures, failure, jitter).total_seconds()
    assert 0 < wait <= LONGEST_WAIT
    assert wait <= wait_before_retry(failures + 1, failure, 1.0).total_seconds()


def test_what_the_other_side_asked_for_is_obeyed() -> None:
    failure = Failure(type="T", message="m", retryable=True, retry_after=1000.0)
    assert wait_before_retry(1, failure, 0.5) == timedelta(seconds=1000)


states = st.sampled_from(list(ExecutionState))


@given(st.sampled_from(STEPS), states, st.floats(0, 20_000), st.booleans())
def test_deciding_again_changes_nothing(step, execution, seconds, has_slot) -> None:
    now = START + timedelta(seconds=seconds)
    job = in_step(step)
    first = decide(job, Facts(execution=execution, has_slot=has_slot), now)
    started = any(isinstance(action, StartStep) for action in first.actions)
    after = Facts(execution=RUNNING if started else execution, has_slot=has_slot)
    second = decide(first.job, after, now)
    third = decide(second.job, after, now)
    assert third.job == second.job
    assert not any(isinstance(action, StartStep) for action in third.actions)


def test_a_recording_that_was_replaced_before_it_was_pinned_is_superseded_and_no_news() -> None:
    job = in_step(FETCH)
    newer = Superseded("a newer version of talk.mp3 arrived", advice="Nothing to do.").to_failure()
    result = FailedResult(job_id=job.job_id, error=newer)
    decision = decide(job, Facts(results={(FETCH.name, 1): result}, execution=ENDED), START)
    assert decision.job.state is JobState.SUPERSEDED
    assert decision.actions == (CloseBooks(),)
