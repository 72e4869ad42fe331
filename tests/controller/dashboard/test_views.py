from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from support_desk import NOON, PUBLIC_URL, a_job, a_step

from controller.dashboard.views import JobView, Setting, StepView, is_under_way, view_job, web_address
from controller.dashboard.words import ENGLISH
from shared.errors import Failure
from shared.models import JobState, PodcastProcessingJob, StepState
from shared.models.progress import StepNote

SETTING = Setting(ENGLISH, ZoneInfo("UTC"), PUBLIC_URL, NOON)
SILENT = Failure(type="UnusableAudio", message="talk.mp3 is silent.", retryable=False, advice="Record it again.")


def view(job: PodcastProcessingJob, note: StepNote | None = None) -> JobView:
    return view_job(job, note, SETTING)


def process(job: PodcastProcessingJob, note: StepNote | None = None) -> StepView:
    return view(job, note).steps[1]


def test_the_four_steps_are_there_before_any_has_begun() -> None:
    steps = view(a_job()).steps
    assert [(step.name, step.state_label, step.time) for step in steps] == [
        ("fetch", "waiting", ""),
        ("process", "waiting", ""),
        ("upload", "waiting", ""),
        ("notify", "waiting", ""),
    ]


def test_a_running_step_shows_the_time_since_it_began() -> None:
    job = a_job(state=JobState.PROCESSING, steps={"process": a_step(StepState.RUNNING, began=73)})
    assert process(job).time == "1:13"
    assert process(job).since == (NOON - timedelta(seconds=73)).isoformat()


def test_a_finished_step_shows_how_long_it_took_and_counts_no_further() -> None:
    job = a_job(state=JobState.UPLOADING, steps={"process": a_step(StepState.SUCCEEDED, began=100, took=42)})
    assert process(job).time == "0:42"
    assert process(job).since is None


def test_a_step_between_attempts_shows_when_it_goes_on_and_why_it_stopped() -> None:
    reason = Failure(type="TransientError", message="no answer", retryable=True, advice="Wait.")
    step = a_step(StepState.RETRYING, began=60, attempt=2, not_before=NOON + timedelta(seconds=42), error=reason)
    shown = process(a_job(state=JobState.PROCESSING, steps={"process": step}))
    assert (shown.time, shown.attempt, shown.message, shown.advice) == ("in 0:42", "attempt 2", "no answer", "Wait.")


def test_a_note_speaks_only_for_the_step_that_runs() -> None:
    note = StepNote(step="process", fraction=0.629, note="recognised 14:20 of 23:05", at=NOON)
    running = a_job(state=JobState.PROCESSING, steps={"process": a_step(StepState.RUNNING, began=1)})
    assert (process(running, note).percent, process(running, note).note) == (62, "recognised 14:20 of 23:05")
    stale = a_job(state=JobState.UPLOADING, steps={"upload": a_step(StepState.RUNNING, began=1)})
    assert [step.percent for step in view(stale, note).steps] == [None] * 4


def test_an_episode_goes_by_its_file_until_it_has_a_title() -> None:
    assert (view(a_job("a b.mp3")).title, view(a_job("a b.mp3")).file_line) == ("a b.mp3", "")
    named = view(a_job("a b.mp3", title="On Bees"))
    assert (named.title, named.file_line) == ("On Bees", "a b.mp3")


def test_a_failed_episode_says_where_it_stopped_what_happened_and_what_to_do() -> None:
    shown = view(a_job(state=JobState.FAILED, failed_step="process", error=SILENT))
    assert shown.error is not None
    assert (shown.error.where, shown.error.message, shown.error.advice) == (
        "Stopped at: Process",
        "talk.mp3 is silent.",
        "Record it again.",
    )
    assert shown.can_retry


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.FAILED])
def test_only_a_failed_episode_can_be_retried(state: JobState) -> None:
    assert not view(a_job(state=state)).can_retry


def test_an_old_error_is_not_shown_once_the_episode_goes_on() -> None:
    assert view(a_job(state=JobState.PROCESSING, error=SILENT)).error is None


def test_links_appear_with_what_they_lead_to() -> None:
    assert view(a_job()).feed_url == ""
    job = a_job(state=JobState.COMPLETED, audio_url=f"{PUBLIC_URL}/a.mp3", episode_url=f"{PUBLIC_URL}/a/")
    shown = view(job)
    assert (shown.audio_url, shown.episode_url) == (f"{PUBLIC_URL}/a.mp3", f"{PUBLIC_URL}/a/")
    assert shown.feed_url == f"{PUBLIC_URL}/podcasts/{job.job_id}/feed.rss"


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "data:text/html,x", "//evil.example/", "/a.mp3", "https://[", "http:"]
)
def test_only_addresses_of_the_web_become_links(url: str | None) -> None:
    assert web_address(url) == ""


def test_what_waits_for_a_person_or_a_date_is_not_under_way() -> None:
    under_way = {state for state in JobState if is_under_way(a_job(state=state))}
    assert under_way == {
        JobState.RECEIVED,
        JobState.FETCHING,
        JobState.PROCESSING,
        JobState.UPLOADING,
        JobState.NOTIFYING,
    }


def test_what_waits_for_review_is_prominent_and_leads_to_its_editor() -> None:
    job = a_job(state=JobState.AWAITING_REVIEW, title="On Bees")
    shown = view(job)
    assert (shown.tone, shown.state_label, shown.title) == ("waits", "Waits for you", "On Bees")
    assert (shown.review_url, shown.edit_url) == (f"/jobs/{job.job_id}/edit", "")


@pytest.mark.parametrize("state", [JobState.SCHEDULED, JobState.COMPLETED, JobState.REJECTED])
def test_what_can_be_edited_leads_to_its_editor_quietly(state: JobState) -> None:
    job = a_job(state=state)
    assert (view(job).review_url, view(job).edit_url) == ("", f"/jobs/{job.job_id}/edit")


def test_what_runs_leads_to_no_editor() -> None:
    shown = view(a_job(state=JobState.UPLOADING))
    assert (shown.review_url, shown.edit_url) == ("", "")


def test_a_scheduled_episode_says_its_hour_in_the_shows_time_zone() -> None:
    job = a_job(state=JobState.SCHEDULED, release_at=NOON + timedelta(hours=12))
    shown = view_job(job, None, Setting(ENGLISH, ZoneInfo("Asia/Tokyo"), PUBLIC_URL, NOON))
    assert shown.release == "Goes public on 13 Nov, 09:00 (Asia/Tokyo)"


def test_an_hour_that_was_waited_for_is_not_shown_any_more() -> None:
    assert view(a_job(state=JobState.COMPLETED, release_at=NOON)).release == ""


def test_an_episode_that_was_taken_down_leads_to_nothing_public() -> None:
    links = {"audio_url": f"{PUBLIC_URL}/a.mp3", "episode_url": f"{PUBLIC_URL}/a/", "outcome": "completed"}
    shown = view(a_job(state=JobState.COMPLETED, withdrawn=True, **links))
    assert (shown.state_label, shown.tone) == ("Taken down", "quiet")
    assert (shown.audio_url, shown.episode_url, shown.feed_url) == ("", "", "")


@pytest.mark.parametrize(
    ("state", "fields", "note"),
    [
        (JobState.COMPLETED, {"drafted": 2, "revision": 1}, "Changes not published yet"),
        (JobState.COMPLETED, {"drafted": 2, "revision": 2}, ""),
        (JobState.COMPLETED, {"drafted": 2, "revision": 1, "withdrawn": True}, ""),
        (JobState.AWAITING_REVIEW, {"drafted": 2}, ""),
    ],
)
def test_changes_that_are_not_public_yet_are_told(state: JobState, fields: dict[str, object], note: str) -> None:
    assert view(a_job("a.mp3", state, **fields)).draft_note == note


def test_a_message_that_may_have_come_twice_is_told() -> None:
    assert view(a_job(perhaps_told_twice=True)).twice == "People may have read this message twice."
    assert view(a_job()).twice == ""


WAITING = [JobState.AWAITING_REVIEW, JobState.SCHEDULED, JobState.REJECTED]


@pytest.mark.parametrize("state", WAITING)
def test_that_reviewers_were_told_of_a_draft_is_no_message_about_its_episode(state: JobState) -> None:
    steps = {"process": a_step(StepState.SUCCEEDED, began=9, took=3), "notify": a_step(StepState.SUCCEEDED, began=5)}
    shown = view(a_job(state=state, steps=steps))
    assert [step.state for step in shown.steps] == ["waiting", "succeeded", "waiting", "waiting"]
    assert (shown.steps[3].time, shown.steps[3].requested) == ("", "")
    told = view(a_job(state=state, steps=steps, announced=True))
    assert told.steps[3].state == "succeeded"


@pytest.mark.parametrize("state", WAITING)
def test_a_message_to_reviewers_that_failed_is_still_told(state: JobState) -> None:
    steps = {"notify": a_step(StepState.FAILED, began=5, error=SILENT)}
    assert view(a_job(state=state, steps=steps)).steps[3].message == SILENT.message


REPLACED = {"replaced_by": "newer", "outcome": "completed", "announced": True}


def test_a_recording_that_was_replaced_leads_to_the_newer_one_and_to_nothing_public() -> None:
    links = {"audio_url": f"{PUBLIC_URL}/a.mp3", "episode_url": f"{PUBLIC_URL}/a/"}
    shown = view(a_job("a.mp3", JobState.COMPLETED, drafted=2, **links, **REPLACED))
    assert (shown.state_label, shown.tone, shown.replaced_url) == ("Superseded", "quiet", "/jobs/newer")
    assert (shown.audio_url, shown.episode_url, shown.feed_url) == ("", "", "")
    assert (shown.edit_url, shown.review_url, shown.draft_note) == ("", "", "")
    assert view(a_job("a.mp3", JobState.COMPLETED)).replaced_url == ""


def test_a_recording_that_was_replaced_cannot_be_retried() -> None:
    assert not view(a_job("a.mp3", JobState.FAILED, **REPLACED)).can_retry
