from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from support_desk import NOON, ScriptedDesk, a_job, a_step

from controller.dashboard.page import JOBS_A_PAGE
from shared.errors import ConflictError, Failure, PermanentError, TransientError
from shared.models import JobState, StepState
from shared.models.progress import StepNote
from shared.show import ShowSettings

AS_PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HOSTILE = "<script>alert(1)</script>\"'onload=alert(2) x=.mp3"
SILENT = Failure(
    type="UnusableAudio", message="<b>talk</b> is silent.", retryable=False, advice="Record it <i>again</i>."
)


def failed(name: str = "talk.mp3") -> object:
    steps = {"process": a_step(StepState.FAILED, began=60, took=2, error=SILENT)}
    return a_job(name, JobState.FAILED, failed_step="process", error=SILENT, steps=steps)


def test_a_newcomer_is_told_what_to_do(client: FlaskClient) -> None:
    page = client.get("/").text
    assert re.search(r'<div class="empty" id="empty">', page)
    assert "Drop a recording above" in page


def test_the_page_is_whole_without_script(client: FlaskClient, desk: ScriptedDesk) -> None:
    steps = {"fetch": a_step(StepState.SUCCEEDED, began=80, took=2), "process": a_step(StepState.RUNNING, began=73)}
    job = a_job("talk.mp3", JobState.PROCESSING, title="On Bees", cost_usd=0, duration_seconds=1446, steps=steps)
    desk.all = [job]
    desk.notes[job.job_id] = StepNote(step="process", fraction=0.5, note="recognised 5:00 of 10:00", at=NOON)
    page = client.get("/").text
    for shown in (
        "On Bees",
        "talk.mp3",
        "Processing",
        "2.0 s",
        "1:13",
        "50 %",
        "recognised 5:00 of 10:00",
        "24 min",
        "free (local)",
    ):
        assert f">{shown}<" in page, shown
    assert ">1 episode under way<" in page


def test_stored_text_stays_text(client: FlaskClient, desk: ScriptedDesk) -> None:
    job = a_job(
        HOSTILE, JobState.FAILED, title=HOSTILE, error=SILENT, made_by=HOSTILE, episode_url="javascript:alert(3)"
    )
    desk.all = [job]
    desk.settings = ShowSettings(title=HOSTILE)
    for path in ("/", f"/jobs/{job.job_id}"):
        page = client.get(path).text
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert "<b>talk" not in page
        assert not re.search(r"[\"']\s*onload=alert", page)
        assert "javascript:" not in page


@pytest.mark.parametrize("path", ["/", "/jobs/nobody", "/api/jobs", "/dashboard/dashboard.js"])
def test_every_answer_lets_nothing_foreign_run(client: FlaskClient, path: str) -> None:
    headers = client.get(path, headers=AS_PAGE).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_hold_neither_inline_script_nor_inline_style_nor_foreign_sources(
    client: FlaskClient, desk: ScriptedDesk
) -> None:
    desk.all = [failed()]  # type: ignore[list-item]
    for path in ("/", f"/jobs/{desk.all[0].job_id}"):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]* src=\"/)", page)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
        assert re.findall(r"(?:src|stylesheet\" href)=\"(?!/)", page) == []


def test_the_list_goes_on_with_older_episodes(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.all = [a_job(f"{number:03}.mp3") for number in range(JOBS_A_PAGE + 5)]
    first = client.get("/api/jobs").json
    assert first is not None
    assert [job["title"] for job in first["jobs"]] == [f"{number:03}.mp3" for number in range(JOBS_A_PAGE)]
    second = client.get("/api/jobs", query_string={"before": first["older"]}).json
    assert second is not None
    assert [job["title"] for job in second["jobs"]] == [f"{JOBS_A_PAGE + number:03}.mp3" for number in range(5)]
    assert second["older"] is None
    assert second["under_way"] == JOBS_A_PAGE
    assert f'href="/?before={first["older"]}"' in client.get("/").text


def test_json_and_page_say_the_same(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.all = [failed()]  # type: ignore[list-item]
    listed = client.get("/api/jobs").json
    alone = client.get(f"/api/jobs/{desk.all[0].job_id}").json
    assert listed is not None
    assert alone is not None
    assert listed["jobs"] == alone["jobs"]
    assert listed["jobs"][0]["error"] == {
        "where": "Stopped at: Process",
        "message": SILENT.message,
        "advice": SILENT.advice,
    }


def test_details_show_attempts_error_source_and_the_command_to_retry(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.all = [failed("a & b.mp3")]  # type: ignore[list-item]
    job = desk.all[0]
    page = client.get(f"/jobs/{job.job_id}").text
    for shown in ("a &amp; b.mp3", "8.4 MB", job.job_id, job.episode_id, f"podcast retry {job.job_id}"):
        assert shown in page
    assert "Record it &lt;i&gt;again&lt;/i&gt;." in page


@pytest.mark.parametrize("state", list(JobState))
def test_the_command_to_retry_is_offered_where_something_failed(
    client: FlaskClient, desk: ScriptedDesk, state: JobState
) -> None:
    desk.all = [a_job("talk.mp3", state)]
    page = client.get(f"/jobs/{desk.all[0].job_id}").text
    offered = re.search(r'<div class="command" data-show="can_retry"( hidden)?>\s*<p>Resume', page)
    assert offered
    assert (offered[1] is None) == (state is JobState.FAILED)
    assert re.search(r'<div class="command" data-show="job_id">\s*<p>Show', page)


def test_commands_name_the_stack_that_the_dashboard_belongs_to(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.all, desk.stack = [failed("talk.mp3")], "prod"  # type: ignore[list-item]
    page = client.get(f"/jobs/{desk.all[0].job_id}").text
    assert f"podcast retry {desk.all[0].job_id} --stack prod<" in page
    assert f"podcast show {desk.all[0].job_id} --stack prod<" in page


@pytest.mark.parametrize("path", ["/jobs/nobody", "/jobs/..", "/jobs/%00", "/jobs/" + "x" * 5000])
def test_an_unknown_job_is_a_page_that_leads_back(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=AS_PAGE)
    assert response.status_code == 404
    assert "There is no such job." in response.text
    assert 'href="/"' in response.text


def test_an_unknown_job_is_json_for_a_program(client: FlaskClient) -> None:
    response = client.get("/api/jobs/nobody", headers=AS_PAGE)
    assert response.status_code == 404
    assert response.json is not None
    assert response.json["error"]["message"] == "There is no such job."


def test_retry_by_form_leads_to_the_jobs_page(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.all = [failed()]  # type: ignore[list-item]
    job_id = desk.all[0].job_id
    response = client.post(f"/jobs/{job_id}/retry", headers=AS_PAGE)
    assert (response.status_code, response.location) == (303, f"/jobs/{job_id}")
    assert desk.retried == [job_id]


def test_retry_by_a_program_is_accepted(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.all = [failed()]  # type: ignore[list-item]
    job_id = desk.all[0].job_id
    response = client.post(f"/jobs/{job_id}/retry")
    assert (response.status_code, response.json) == (202, {"job_id": job_id})


def test_a_retry_that_cannot_be_says_why(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.all = [a_job()]
    url = f"/jobs/{desk.all[0].job_id}/retry"
    response = client.post(url)
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["error"]["advice"] == "Wait for its end."
    assert "Wait for its end." in client.post(url, headers=AS_PAGE).text


def test_nothing_is_retried_by_reading(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.all = [failed()]  # type: ignore[list-item]
    assert client.get(f"/jobs/{desk.all[0].job_id}/retry").status_code == 405
    assert desk.retried == []


@pytest.mark.parametrize(
    ("error", "status"), [(TransientError("away"), 503), (ConflictError("lost"), 409), (PermanentError("wrong"), 400)]
)
def test_each_kind_of_error_has_its_status(
    client: FlaskClient, desk: ScriptedDesk, error: PermanentError | TransientError, status: int
) -> None:
    def fail(job_id: str) -> None:
        raise error

    desk.retry = fail  # type: ignore[method-assign]
    assert client.post("/jobs/any/retry").status_code == status


def test_wrong_show_settings_are_told_and_take_nothing_down(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.settings = PermanentError("show.toml has a wrong setting: language", advice="Correct it.")
    desk.all = [a_job()]
    response = client.get("/")
    assert response.status_code == 200
    assert "show.toml has a wrong setting: language" in response.text
    assert "talk.mp3" in response.text


def test_a_japanese_show_has_a_japanese_dashboard_in_its_own_time(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.settings = ShowSettings(language="ja", time_zone="Asia/Tokyo")
    desk.all = [a_job()]
    page = client.get("/").text
    assert '<html lang="ja">' in page
    assert "11月12日 21:00" in page
    assert "1件を処理中" in page


def test_the_template_of_the_script_has_every_place_that_a_card_has(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.all = [failed()]  # type: ignore[list-item]
    page = client.get("/").text
    cards, _, blank = page.partition('<template id="blank">')
    places = re.compile(r"data-(?:text|href|show|action|value|step)=\"[^\"]+\"")
    card = cards[cards.index("<article") :]
    assert places.findall(card) == places.findall(blank)


def test_every_place_in_the_markup_names_a_field_of_the_json(client: FlaskClient, desk: ScriptedDesk) -> None:
    running = a_job("a.mp3", JobState.PROCESSING, steps={"process": a_step(StepState.RUNNING, began=1)}, error=SILENT)
    desk.all = [running]
    answer = client.get("/api/jobs").json
    assert answer is not None
    job = {**answer["jobs"][0], "error": {"where": "", "message": "", "advice": ""}}
    known = {
        *job,
        *job["steps"][0],
        *(f"running.{key}" for key in job["running"]),
        *(f"error.{key}" for key in job["error"]),
    }
    for path in ("/", f"/jobs/{running.job_id}"):
        named = re.findall(r"data-(?:text|href|show|action|value)=\"([^\"]+)\"", client.get(path).text)
        assert set(named) <= known


def test_only_the_details_say_that_a_message_may_have_come_twice(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.all = [a_job("a.mp3", JobState.COMPLETED, perhaps_told_twice=True)]
    assert "People may have read this message twice." in client.get(f"/jobs/{desk.all[0].job_id}").text
    assert "twice" not in client.get("/").text


def test_a_draft_that_waits_has_its_title_and_a_button_in_the_list(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.all = [a_job("a.mp3", JobState.AWAITING_REVIEW, title="On Bees")]
    cards = client.get("/").text.partition('<template id="blank">')[0]
    assert ">On Bees<" in cards
    assert f'href="/jobs/{desk.all[0].job_id}/edit">Review</a>' in cards


def test_card_and_details_of_a_replaced_recording_lead_to_the_newer_one(
    client: FlaskClient, desk: ScriptedDesk
) -> None:
    desk.all = [a_job("a.mp3", JobState.COMPLETED, audio_url="https://a.example/a.mp3", replaced_by="newer")]
    for path in ("/", f"/jobs/{desk.all[0].job_id}"):
        page = client.get(path).text.partition('<template id="blank">')[0]
        assert 'href="/jobs/newer">Replaced by a newer recording</a>' in page
        assert "a.example" not in page
        assert f"/jobs/{desk.all[0].job_id}/edit" not in page
    desk.settings = ShowSettings(language="ja")
    assert 'href="/jobs/newer">新しい録音に置き換えられました</a>' in client.get("/").text
