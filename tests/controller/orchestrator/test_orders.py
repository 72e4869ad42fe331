"""What people may have a job do, and that nothing goes public before they said so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from support_jobs import START, failure_of, new_job, success_of
from support_upload import an_entry

from controller.orchestrator import orders
from controller.orchestrator.decide import decide
from controller.orchestrator.facts import CloseBooks, Decision, Facts, FreeSlot, Results, StartStep
from controller.runner import ExecutionState
from shared.contract import FETCH, NOTIFY, PROCESS, STEPS, UPLOAD, FailedResult, Step, StepResult, UploadResult
from shared.errors import ConflictError, Failure, PermanentError
from shared.models import CatalogueEntry, JobState, PodcastProcessingJob, StepState

Order = Callable[[PodcastProcessingJob, datetime], PodcastProcessingJob]
TOMORROW = START + timedelta(days=1)
WRONG = Failure(type="PermanentError", message="show.toml is not TOML", retryable=False, advice="Correct it.")


def a_job(state: JobState, *done: Step, **fields: object) -> PodcastProcessingJob:
    """A job in this state whose steps `done` succeeded at their first attempt."""
    job = new_job()
    for step in done:
        job = job.with_step(step.name, state=StepState.SUCCEEDED, attempt=1, started_at=START, finished_at=START)
    return job.but(state=state, **fields)


def processing() -> PodcastProcessingJob:
    job = a_job(JobState.PROCESSING, FETCH)
    return job.with_step("process", state=StepState.RUNNING, attempt=1, requested_at=START)


def waiting() -> PodcastProcessingJob:
    return a_job(JobState.AWAITING_REVIEW, FETCH, PROCESS, NOTIFY, outcome="awaiting_review")


def completed(**fields: object) -> PodcastProcessingJob:
    return a_job(JobState.COMPLETED, *STEPS, outcome="completed", announced=True, approved=True, **fields)


def entry_of(job: PodcastProcessingJob, **fields: Any) -> CatalogueEntry:
    return an_entry(job_id=job.job_id, episode_id=job.episode_id, generation=job.source.generation, **fields)


def withdraw(job: PodcastProcessingJob, now: datetime) -> PodcastProcessingJob:
    return orders.withdraw(job, now, entry=entry_of(job))


def heard(job: PodcastProcessingJob, **facts: Any) -> Decision:
    results = {("process", 1): success_of(PROCESS, job.job_id)}
    return decide(job, Facts(results=results, **facts), START)


# --------------------------------------------------------------- the review


def test_where_the_show_asks_for_it_people_are_told_of_the_draft_instead_of_listeners() -> None:
    decision = heard(processing(), reviewed=True)
    assert decision.actions == (StartStep(NOTIFY, 1),)
    assert (decision.job.state, decision.job.outcome) == (JobState.NOTIFYING, "awaiting_review")


def test_where_it_does_not_ask_the_episode_goes_on() -> None:
    assert heard(processing(), reviewed=False).actions == (StartStep(UPLOAD, 1),)


@pytest.mark.parametrize("told", [True, False])
def test_whether_told_or_not_the_draft_then_waits_with_its_marker_and_without_a_slot(told) -> None:
    job = heard(processing(), reviewed=True).job
    result: StepResult | FailedResult = success_of(NOTIFY, job.job_id)
    if not told:
        result = failure_of(job.job_id, retryable=False)
    decision = decide(job, Facts(results={("notify", 1): result}, execution=ExecutionState.ENDED), START)
    assert (decision.job.state, decision.actions) == (JobState.AWAITING_REVIEW, (FreeSlot(),))
    assert not decision.job.announced
    assert decide(decision.job, Facts(), TOMORROW) == Decision(decision.job)


def test_settings_that_cannot_be_read_fail_the_episode_rather_than_publish_it() -> None:
    decision = heard(processing(), reviewed=WRONG)
    assert decision.actions == (StartStep(NOTIFY, 1),)
    assert (decision.job.outcome, decision.job.failed_step, decision.job.error) == ("failed", "upload", WRONG)
    failed = decide(decision.job, Facts(results={("notify", 1): success_of(NOTIFY, "j")}), START).job
    assert failed.state is JobState.FAILED
    resumed = orders.resume(failed, START)
    again = decide(resumed, Facts(has_slot=True, reviewed=True), START)
    assert (again.job.outcome, again.actions) == ("awaiting_review", (StartStep(NOTIFY, 2),))


def test_a_retry_does_not_slip_past_the_review() -> None:
    failed = a_job(JobState.FAILED, FETCH, PROCESS, NOTIFY, outcome="failed", failed_step="upload", error=WRONG)
    resumed = orders.resume(failed.with_step("upload", state=StepState.FAILED, attempt=3), START)
    assert decide(resumed, Facts(has_slot=True, reviewed=True), START).actions == (StartStep(NOTIFY, 2),)


def test_a_retry_of_what_was_approved_asks_nobody_again() -> None:
    job = orders.publish(waiting(), START)
    failed = job.but(state=JobState.FAILED, outcome="failed", failed_step="upload")
    resumed = orders.resume(failed, START)
    assert decide(resumed, Facts(has_slot=True, reviewed=True), START).actions == (StartStep(UPLOAD, 1),)


@pytest.mark.parametrize("waiting_job", [waiting(), orders.publish(waiting(), START, at=TOMORROW)])
def test_a_draft_of_an_older_recording_than_what_is_public_waits_for_nobody(waiting_job) -> None:
    assert decide(waiting_job, Facts(published_generation=1), START) == Decision(waiting_job)
    decision = decide(waiting_job, Facts(published_generation=2), START)
    assert (decision.job.state, decision.actions) == (JobState.SUPERSEDED, (CloseBooks(),))


def test_as_long_as_nobody_has_looked_what_the_show_wants_no_upload_starts() -> None:
    assert heard(processing()).job.outcome == "awaiting_review"


# --------------------------------------------------------------- publishing


def test_what_waits_is_published_when_people_say_so_and_then_told() -> None:
    published = orders.publish(waiting(), START)
    assert (published.state, published.approved) == (JobState.RECEIVED, True)
    assert decide(published, Facts(has_slot=False, reviewed=True), START).actions == ()
    uploading = decide(published, Facts(has_slot=True, reviewed=True), START)
    assert uploading.actions == (StartStep(UPLOAD, 1),)
    results = {("upload", 1): success_of(UPLOAD, "j"), ("notify", 1): success_of(NOTIFY, "j")}
    notifying = decide(uploading.job, Facts(results=results), START)
    assert notifying.actions == (StartStep(NOTIFY, 2),), "the message about the draft is not the message about the news"
    assert decide(notifying.job, Facts(results=results), START).job.state is JobState.NOTIFYING
    done = decide(notifying.job, Facts(results={**results, ("notify", 2): success_of(NOTIFY, "j")}), START)
    assert (done.job.state, done.job.announced) == (JobState.COMPLETED, True)


def test_an_hour_in_the_past_means_at_once_and_one_to_come_is_waited_for() -> None:
    assert orders.publish(waiting(), START, at=START).state is JobState.RECEIVED
    scheduled = orders.publish(waiting(), START, at=TOMORROW)
    assert (scheduled.state, scheduled.release_at) == (JobState.SCHEDULED, TOMORROW)
    assert decide(scheduled, Facts(), TOMORROW - timedelta(seconds=1)) == Decision(scheduled)
    released = decide(scheduled, Facts(), TOMORROW).job
    assert (released.state, released.release_at) == (JobState.RECEIVED, None)
    assert decide(released, Facts(has_slot=True, reviewed=True), TOMORROW).actions == (StartStep(UPLOAD, 1),)


def test_an_hour_without_a_time_zone_is_refused() -> None:
    with pytest.raises(PermanentError, match="no time zone"):
        orders.publish(waiting(), START, at=datetime(2026, 1, 9))  # noqa: DTZ001 - the fault under test


def test_what_is_public_cannot_wait_for_an_hour_but_what_was_withdrawn_can() -> None:
    with pytest.raises(ConflictError, match="public already"):
        orders.publish(completed(), START, at=TOMORROW)
    assert orders.publish(completed(withdrawn=True), START, at=TOMORROW).state is JobState.SCHEDULED


def test_an_edit_of_what_is_public_runs_upload_alone_and_is_no_news() -> None:
    job = orders.publish(completed(), START)
    uploading = decide(job, Facts(has_slot=True, reviewed=True), START)
    assert uploading.actions == (StartStep(UPLOAD, 2),)
    old = {("upload", 1): success_of(UPLOAD, "j"), ("notify", 1): success_of(NOTIFY, "j")}
    assert decide(uploading.job, Facts(results=old), START).job.state is JobState.UPLOADING, "that was another edit's"
    changed = UploadResult(job_id="j", audio_url="a", metadata_key="m", rss_key="r", title="New", revision=4)
    done = decide(uploading.job, Facts(results={**old, ("upload", 2): changed}), START)
    assert (done.job.state, done.actions) == (JobState.COMPLETED, (CloseBooks(),))
    assert (done.job.title, done.job.revision) == ("New", 4)
    assert done.job.step("notify").state is StepState.SUCCEEDED


def test_an_edit_that_cannot_be_published_is_told() -> None:
    uploading = decide(orders.publish(completed(), START), Facts(has_slot=True), START).job
    failed: Results = {("upload", 2): failure_of("j", retryable=False), ("notify", 1): success_of(NOTIFY, "j")}
    decision = decide(uploading, Facts(results=failed, execution=ExecutionState.ENDED), START)
    assert (decision.job.outcome, decision.actions) == ("failed", (StartStep(NOTIFY, 2),))


# --------------------------------------------------------------- the others


def test_what_is_rejected_ends_and_can_come_back_to_review() -> None:
    rejected = orders.reject(waiting(), START)
    assert decide(rejected, Facts(), START) == Decision(rejected, (CloseBooks(),))
    again = orders.review_again(rejected, START)
    assert decide(again, Facts(has_slot=True), START) == Decision(again)
    assert again.state is JobState.AWAITING_REVIEW


def test_taking_back_an_hour_takes_back_the_approval() -> None:
    scheduled = orders.publish(waiting(), START, at=TOMORROW)
    back = orders.review_again(scheduled, START)
    assert (back.approved, back.release_at) == (False, None)
    assert decide(back, Facts(has_slot=True), TOMORROW) == Decision(back)


def test_a_withdrawal_runs_upload_alone_without_source_or_review_and_tells_nobody() -> None:
    job = withdraw(completed(), START)
    facts = Facts(has_slot=True, reviewed=True, source_gone=True, public_job=job.job_id)
    uploading = decide(job, facts, START)
    assert uploading.actions == (StartStep(UPLOAD, 2),)
    gone = UploadResult(job_id="j", audio_url="a", metadata_key="m", rss_key="r", episode_url="e", withdrawn=True)
    done = decide(uploading.job, Facts(results={("upload", 2): gone}), START)
    assert (done.job.state, done.job.withdrawn, done.job.episode_url) == (JobState.COMPLETED, True, None)


def test_published_again_it_is_not_withdrawn_any_more() -> None:
    assert not orders.publish(completed(withdrawn=True), START).withdrawn


@pytest.mark.parametrize("entry", [None, {"state": "unpublished"}, {"job_id": "another"}])
def test_only_what_is_public_can_be_withdrawn(entry) -> None:
    job = completed()
    held = None if entry is None else entry_of(job).model_copy(update=entry)
    with pytest.raises(ConflictError, match="is not public"):
        orders.withdraw(job, START, entry=held)


def test_a_recording_that_was_corrected_is_neither_published_nor_withdrawn() -> None:
    job = completed()
    newer = entry_of(job).model_copy(update={"job_id": "job-new", "generation": 9})
    with pytest.raises(ConflictError, match="newer recording") as caught:
        orders.publish(job, START, entry=newer)
    assert "job-new" in str(caught.value.advice)
    with pytest.raises(ConflictError, match="newer recording"):
        orders.withdraw(job, START, entry=newer)


def test_listening_anew_takes_back_the_approval_and_counts_no_earlier_result() -> None:
    job = orders.reprocess(completed(), START)
    started = decide(job, Facts(has_slot=True, reviewed=True), START)
    assert started.actions == (StartStep(PROCESS, 2),)
    old = {(step.name, 1): success_of(step, "j") for step in STEPS}
    assert decide(started.job, Facts(results=old, reviewed=True), START).job.state is JobState.PROCESSING
    again = {**old, ("process", 2): success_of(PROCESS, "j")}
    decision = decide(started.job, Facts(results=again, reviewed=True), START)
    assert (decision.job.outcome, decision.actions) == ("awaiting_review", (StartStep(NOTIFY, 2),))


def test_what_was_withdrawn_stays_so_when_it_is_listened_to_anew() -> None:
    started = decide(orders.reprocess(completed(withdrawn=True), START), Facts(has_slot=True), START)
    decision = decide(started.job, Facts(results={("process", 2): success_of(PROCESS, "j")}), START)
    assert decision.job.withdrawn


def test_what_people_call_the_episode_outranks_what_a_model_calls_it_anew() -> None:
    assert heard(processing(), reviewed=True, edited_title="Ours").job.title == "Ours"


# ------------------------------------------------------------- the source


@pytest.mark.parametrize(
    ("job", "public", "fetched"),
    [
        (orders.publish(waiting(), START), False, True),
        (orders.publish(completed(), START), True, False),
        (orders.publish(completed(withdrawn=True), START), False, True),
        (orders.reprocess(completed(), START), True, True),
        (withdraw(completed(), START), True, False),
    ],
    ids=["a draft", "an edit", "back to the public", "listened to anew", "a withdrawal"],
)
def test_a_recording_that_expired_is_fetched_again_where_it_is_needed(job, public, fetched) -> None:
    facts = Facts(has_slot=True, source_gone=True, public_job=job.job_id if public else None)
    (start,) = decide(job, facts, START).actions
    assert isinstance(start, StartStep)
    assert (start.step is FETCH) is fetched


def test_after_the_recording_was_fetched_again_nothing_is_listened_to_again() -> None:
    job = orders.publish(waiting(), START)
    fetching = decide(job, Facts(has_slot=True, source_gone=True), START).job
    decision = decide(fetching, Facts(results={("fetch", 2): success_of(FETCH, "j")}, reviewed=True), START)
    assert decision.actions == (StartStep(UPLOAD, 1),)


# ---------------------------------------------------------- which and when

ALLOWED: dict[str, tuple[Order, set[JobState]]] = {
    "retry": (orders.resume, {JobState.FAILED}),
    "publish": (orders.publish, {JobState.AWAITING_REVIEW, JobState.SCHEDULED, JobState.COMPLETED}),
    "reject": (orders.reject, {JobState.AWAITING_REVIEW, JobState.SCHEDULED}),
    "review_again": (orders.review_again, {JobState.REJECTED, JobState.SCHEDULED}),
    "withdraw": (
        withdraw,
        {JobState.COMPLETED, JobState.FAILED, JobState.AWAITING_REVIEW, JobState.SCHEDULED, JobState.REJECTED},
    ),
    "reprocess": (
        orders.reprocess,
        {JobState.COMPLETED, JobState.FAILED, JobState.AWAITING_REVIEW, JobState.REJECTED},
    ),
}


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("name", ALLOWED)
def test_every_order_is_taken_in_its_states_and_refused_with_advice_in_all_others(name, state) -> None:
    order, states = ALLOWED[name]
    job = a_job(state, FETCH, PROCESS)
    if state in states:
        assert order(job, START) != job
    else:
        with pytest.raises(ConflictError, match=state.value) as caught:
            order(job, START)
        assert caught.value.advice
