from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support_desk import NOON, PUBLIC_URL, ScriptedDesk, a_draft, a_job, a_step

from controller.dashboard import build_dashboard
from controller.dashboard.actions import Action, actions_for, can_be_edited
from controller.dashboard.review import read_hour
from controller.guard import install_guard
from shared.models import Chapter, JobState, StepProgress, StepState
from shared.show import ShowSettings

AS_PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def job_id(desk: ScriptedDesk) -> str:
    """Of a job that waits for review."""
    return put(desk, JobState.AWAITING_REVIEW)


def put(desk: ScriptedDesk, state: JobState, **fields: object) -> str:
    job = a_job("talk.mp3", state, title="On Bees", **fields)
    desk.all = [job]
    desk.heard[job.job_id] = a_draft()
    return job.job_id


def draft_of(client: FlaskClient, job_id: str) -> tuple[dict[str, Any], str]:
    response = client.get(f"/api/jobs/{job_id}/draft")
    assert response.status_code == 200
    assert response.json is not None
    return response.json, response.headers["ETag"]


def error_of(response: Any) -> dict[str, Any]:
    assert response.json is not None
    return dict(response.json["error"])


def test_the_draft_is_what_the_model_wrote_and_what_people_made_of_it(client: FlaskClient, job_id: str) -> None:
    draft, etag = draft_of(client, job_id)
    assert (etag, draft["version"]) == ('""', "")
    assert draft["heard"]["title"] == "On Bees"
    assert draft["heard"]["speakers"] == ["Speaker 1", "Speaker 2"]
    assert (draft["heard"]["decisions"], draft["heard"]["action_items"]) == (
        ["Buy a hive."],
        ["Ann asks the neighbours."],
    )
    assert draft["edits"] == {"title": None, "summary": None, "chapters": None, "speaker_names": {}, "lines": []}
    assert draft["lines"][1] == {
        "start": 5.0,
        "end": 10.0,
        "speaker": "Speaker 1",
        "was": "These are the words of line 1.",
        "text": None,
    }


def test_edits_are_kept_and_come_back_with_the_next_draft(client: FlaskClient, desk: ScriptedDesk, job_id: str) -> None:
    draft, etag = draft_of(client, job_id)
    sent = {**draft["edits"], "title": "Hives", "chapters": [{"start": "0:00:03", "title": "Hello"}]}
    sent["lines"] = [{**{key: draft["lines"][1][key] for key in ("start", "end", "was")}, "text": "Better."}]
    response = client.put(f"/api/jobs/{job_id}/edits", json=sent, headers={"If-Match": etag})
    assert response.status_code == 200
    again, newer = draft_of(client, job_id)
    assert response.headers["ETag"] == newer != etag
    assert response.json is not None
    assert response.json["edits"] == again["edits"] == {**sent, "chapters": [{"start": 3.0, "title": "Hello"}]}
    assert again["lines"][1]["text"] == "Better."
    assert (again["revision"], again["edited_at"], again["edited_by"]) == (1, NOON.isoformat(), None)
    assert desk.all[0].title == "Hives"
    # What comes back can be sent as it is.
    repeated = client.put(f"/api/jobs/{job_id}/edits", json=again["edits"], headers={"If-Match": newer})
    assert repeated.status_code == 200
    assert desk.edits[desk.all[0].episode_id].chapters == (Chapter(start=3, title="Hello"),)


def test_who_edited_is_kept_where_the_controller_knows_it(client: FlaskClient, job_id: str) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"email": "Ann@example.com", "email_verified": True}).encode())
    token = f"Bearer x.{claims.decode()}.SIGNATURE_REMOVED"
    client.put(f"/api/jobs/{job_id}/edits", json={}, headers={"If-Match": "*", "Authorization": token})
    assert draft_of(client, job_id)[0]["edited_by"] == "ann@example.com"


def test_an_edit_names_the_version_that_it_changes(client: FlaskClient, desk: ScriptedDesk, job_id: str) -> None:
    response = client.put(f"/api/jobs/{job_id}/edits", json={"title": "Mine"})
    assert response.status_code == 428
    assert "If-Match" in error_of(response)["advice"]
    assert desk.edits == {}


@pytest.mark.parametrize("named", ['"v7"', 'W/"v1"', '"", "v0"', "v1"])
def test_an_edit_of_another_version_is_refused(
    client: FlaskClient, desk: ScriptedDesk, job_id: str, named: str
) -> None:
    client.put(f"/api/jobs/{job_id}/edits", json={"title": "First"}, headers={"If-Match": '""'})
    response = client.put(f"/api/jobs/{job_id}/edits", json={"title": "Second"}, headers={"If-Match": named})
    assert response.status_code == 412
    assert desk.all[0].title == "First"


def test_one_of_several_versions_suffices(client: FlaskClient, job_id: str) -> None:
    response = client.put(f"/api/jobs/{job_id}/edits", json={}, headers={"If-Match": '"v3", ""'})
    assert response.status_code == 200


def test_an_edit_while_a_step_runs_is_a_conflict(client: FlaskClient, desk: ScriptedDesk) -> None:
    job_id = put(desk, JobState.UPLOADING)
    response = client.put(f"/api/jobs/{job_id}/edits", json={"title": "Late"}, headers={"If-Match": '""'})
    assert response.status_code == 409
    assert error_of(response)["advice"] == "Wait until its steps are done."


def test_wrong_fields_are_told_one_by_one_and_nothing_is_saved(
    client: FlaskClient, desk: ScriptedDesk, job_id: str
) -> None:
    sent = {"title": "", "chapters": [{"start": 99, "title": "Late"}], "speaker_names": {"Speaker 1": "Ann"}}
    response = client.put(f"/api/jobs/{job_id}/edits", json=sent, headers={"If-Match": '""'})
    assert response.status_code == 422
    assert error_of(response)["fields"] == [
        {"field": "title", "message": "Write a title."},
        {"field": "chapters.0.start", "message": "This is after the end of the recording."},
    ]
    assert desk.edits == {}


@pytest.mark.parametrize("body", [b"", b"title=x", b"[]", b'{"titel": "x"}', b'{"lines": [{"start": NaN}]}'])
def test_a_body_that_holds_no_edits_is_refused(
    client: FlaskClient, desk: ScriptedDesk, job_id: str, body: bytes
) -> None:
    url = f"/api/jobs/{job_id}/edits"
    response = client.put(url, data=body, content_type="application/json", headers={"If-Match": '""'})
    assert response.status_code == 400
    assert "`edits`" in error_of(response)["advice"]
    assert desk.edits == {}


def test_edits_of_nine_megabytes_are_too_large(client: FlaskClient, job_id: str) -> None:
    body = json.dumps({"summary": "x" * 9_000_000})
    url = f"/api/jobs/{job_id}/edits"
    response = client.put(url, data=body, content_type="application/json", headers={"If-Match": '""'})
    assert response.status_code == 413


def test_every_line_of_three_hours_can_be_changed_at_once(client: FlaskClient, desk: ScriptedDesk, job_id: str) -> None:
    desk.heard[job_id] = a_draft(2500)
    draft, etag = draft_of(client, job_id)
    lines = [{"start": each["start"], "end": each["end"], "text": "ミツバチ" * 40} for each in draft["lines"]]
    response = client.put(f"/api/jobs/{job_id}/edits", json={"lines": lines}, headers={"If-Match": etag})
    assert response.status_code == 200
    assert [line["text"] for line in draft_of(client, job_id)[0]["lines"]] == ["ミツバチ" * 40] * 2500


@pytest.mark.parametrize(
    ("state", "order", "then"),
    [
        (JobState.AWAITING_REVIEW, "publish", JobState.RECEIVED),
        (JobState.AWAITING_REVIEW, "reject", JobState.REJECTED),
        (JobState.SCHEDULED, "review-again", JobState.AWAITING_REVIEW),
        (JobState.REJECTED, "review-again", JobState.AWAITING_REVIEW),
        (JobState.COMPLETED, "publish", JobState.RECEIVED),
        (JobState.COMPLETED, "withdraw", JobState.RECEIVED),
        (JobState.COMPLETED, "reprocess", JobState.RECEIVED),
    ],
)
def test_an_order_is_given_to_the_desk(
    client: FlaskClient, desk: ScriptedDesk, state: JobState, order: str, then: JobState
) -> None:
    job_id = put(desk, state)
    response = client.post(f"/api/jobs/{job_id}/{order}")
    assert (response.status_code, response.json) == (202, {"job_id": job_id})
    assert desk.orders == [(order.replace("-", "_"), None)]
    assert desk.all[0].state is then


@pytest.mark.parametrize("order", ["publish", "reject", "review-again", "withdraw", "reprocess"])
def test_an_order_about_another_version_than_the_one_seen_is_refused(
    client: FlaskClient, desk: ScriptedDesk, job_id: str, order: str
) -> None:
    response = client.post(f"/api/jobs/{job_id}/{order}", headers={"If-Match": '"v9"'})
    assert response.status_code == 412
    assert desk.orders == []


@pytest.mark.parametrize("order", ["publish", "reject", "review-again", "withdraw", "reprocess"])
def test_an_order_that_cannot_be_given_says_why(client: FlaskClient, desk: ScriptedDesk, order: str) -> None:
    job_id = put(desk, JobState.PROCESSING)
    response = client.post(f"/api/jobs/{job_id}/{order}")
    assert response.status_code == 409
    assert error_of(response)["advice"]


@pytest.mark.parametrize("order", ["publish", "reject", "review-again", "withdraw", "reprocess"])
def test_nothing_is_ordered_by_reading(client: FlaskClient, desk: ScriptedDesk, job_id: str, order: str) -> None:
    assert client.get(f"/api/jobs/{job_id}/{order}").status_code == 405
    assert desk.orders == []


def test_an_hour_is_meant_in_the_shows_time_zone(client: FlaskClient, desk: ScriptedDesk, job_id: str) -> None:
    desk.settings = ShowSettings(time_zone="Asia/Tokyo")
    response = client.post(f"/api/jobs/{job_id}/publish", json={"at": "2026-11-13T07:30"})
    assert response.status_code == 202
    assert desk.all[0].state is JobState.SCHEDULED
    assert desk.all[0].release_at == datetime(2026, 11, 12, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("", "Choose day and hour."),
        ("tomorrow", "Choose day and hour."),
        (5, "Choose day and hour."),
        ("2026-11-12T11:59", "This hour is in the past."),
    ],
)
def test_an_hour_that_cannot_come_is_told_and_nothing_is_published(
    client: FlaskClient, desk: ScriptedDesk, job_id: str, at: object, message: str
) -> None:
    response = client.post(f"/api/jobs/{job_id}/publish", json={"at": at})
    assert response.status_code == 422
    assert error_of(response)["fields"] == [{"field": "at", "message": message}]
    assert desk.orders == []


@pytest.mark.parametrize(
    ("raw", "hour"),
    [
        ("2026-11-13T09:00", datetime(2026, 11, 13, 0, 0, tzinfo=UTC)),
        ("2026-11-13T09:00:00+01:00", datetime(2026, 11, 13, 8, 0, tzinfo=UTC)),
        ("2026-11-13T09:00:00Z", datetime(2026, 11, 13, 9, 0, tzinfo=UTC)),
    ],
)
def test_an_hour_of_a_program_may_name_its_own_zone(raw: str, hour: datetime) -> None:
    assert read_hour(raw, TOKYO) == hour


@pytest.mark.parametrize("method", ["get", "post", "put"])
@pytest.mark.parametrize("kind", ["unknown", "unheard"])
def test_there_is_nothing_to_edit_of_an_unknown_job_or_before_anything_was_heard(
    client: FlaskClient, desk: ScriptedDesk, method: str, kind: str
) -> None:
    desk.all = [a_job("talk.mp3", JobState.FETCHING)]
    job_id = desk.all[0].job_id if kind == "unheard" else "nobody"
    urls = {"get": [f"/jobs/{job_id}/edit", f"/api/jobs/{job_id}/draft"], "put": [f"/api/jobs/{job_id}/edits"]}
    for url in urls.get(method, []):
        assert getattr(client, method)(url, json=None if method == "get" else {}).status_code == 404
    if method == "post" and kind == "unknown":
        assert client.post(f"/api/jobs/{job_id}/publish").status_code == 404


# ------------------------------------------------------------------ the page


def test_the_player_may_fetch_from_here_and_from_the_public_origin_and_nothing_else_changes(
    client: FlaskClient, job_id: str
) -> None:
    policy = client.get(f"/jobs/{job_id}/edit").headers["Content-Security-Policy"]
    plain = client.get("/").headers["Content-Security-Policy"]
    origin = PUBLIC_URL.removesuffix("/site")
    assert policy == f"{plain}; media-src 'self' {origin}"


@pytest.mark.parametrize("url", ["", "not a url", "javascript:alert(1)", "https://cdn.example; script-src *"])
def test_no_public_address_loosens_the_policy(client: FlaskClient, desk: ScriptedDesk, job_id: str, url: str) -> None:
    desk.public_url = url
    policy = client.get(f"/jobs/{job_id}/edit").headers["Content-Security-Policy"]
    assert policy.count("script-src") == 1
    assert policy.endswith("media-src 'self'")


BUTTONS = {
    Action.PUBLISH: "Publish now",
    Action.PUBLISH_AT: "Publish at this hour",
    Action.PUBLISH_CHANGES: "Save and publish",
    Action.PUBLISH_AGAIN: "Publish again",
    Action.REJECT: "Reject",
    Action.REVIEW_AGAIN: "Review again",
    Action.UNSCHEDULE: "Do not publish yet",
    Action.WITHDRAW: "Take down",
    Action.REPROCESS: "Listen again",
}


HEARD = {"process": StepProgress(state=StepState.SUCCEEDED, attempt=1)}


@pytest.mark.parametrize(
    ("state", "fields", "buttons"),
    [
        (JobState.AWAITING_REVIEW, {}, {"Publish now", "Publish at this hour", "Listen again", "Reject"}),
        (JobState.SCHEDULED, {}, {"Publish now", "Publish at this hour", "Do not publish yet", "Reject"}),
        (JobState.COMPLETED, {"announced": True}, {"Save and publish", "Take down", "Listen again"}),
        (
            JobState.AWAITING_REVIEW,
            {"announced": True},
            {"Publish now", "Publish at this hour", "Listen again", "Reject", "Take down"},
        ),
        (JobState.COMPLETED, {"withdrawn": True}, {"Publish again", "Publish at this hour", "Listen again"}),
        (JobState.REJECTED, {}, {"Review again", "Listen again"}),
        (JobState.UPLOADING, {}, set()),
        (JobState.FAILED, {}, set()),
        (JobState.FAILED, {"steps": HEARD}, {"Listen again"}),
        (JobState.FAILED, {"steps": HEARD, "announced": True}, {"Listen again", "Take down"}),
        (JobState.SUPERSEDED, {}, set()),
    ],
)
def test_each_state_has_its_buttons_and_each_says_what_it_does(
    client: FlaskClient, desk: ScriptedDesk, state: JobState, fields: dict[str, object], buttons: set[str]
) -> None:
    job_id = put(desk, state, **fields)
    page = client.get(f"/jobs/{job_id}/edit").text
    actions = actions_for(desk.all[0])
    assert {BUTTONS[action] for action in actions} == buttons
    for action in Action:
        assert (f">{BUTTONS[action]}</button>" in page) is (action in actions)
        assert (f'id="does-{action}"' in page) is (action in actions)


@pytest.mark.parametrize("state", list(JobState))
def test_every_button_asks_for_what_the_controller_allows_in_that_state(
    client: FlaskClient, desk: ScriptedDesk, state: JobState
) -> None:
    for withdrawn, announced in product((False, True), repeat=2):
        fields: dict[str, Any] = {"withdrawn": withdrawn, "announced": announced, "steps": HEARD}
        for action in actions_for(a_job(state=state, **fields)):
            job_id = put(desk, state, **fields)
            page = client.get(f"/jobs/{job_id}/edit").text
            url = page.split(f'data-action-name="{action}"')[1].split('data-order="')[1].split('"')[0]
            body = {"at": "2026-12-01T00:00"} if action is Action.PUBLISH_AT else None
            assert client.post(url, json=body).status_code == 202, (state, action)


def test_other_peoples_pages_change_nothing(desk: ScriptedDesk) -> None:
    job_id = put(desk, JobState.AWAITING_REVIEW)
    app = Flask("guarded", static_folder=None)
    install_guard(app, 8080)
    app.register_blueprint(build_dashboard(desk))
    client = app.test_client()
    foreign = {"Host": "127.0.0.1:8080", "Origin": "https://evil.example", "If-Match": "*"}
    own = {**foreign, "Origin": "http://127.0.0.1:8080"}
    assert client.put(f"/api/jobs/{job_id}/edits", json={"title": "Mine"}, headers=foreign).status_code == 403
    for order in ("publish", "reject", "review-again", "withdraw", "reprocess"):
        assert client.post(f"/api/jobs/{job_id}/{order}", headers=foreign).status_code == 403
    assert (desk.orders, desk.edits) == ([], {})
    assert client.put(f"/api/jobs/{job_id}/edits", json={"title": "Mine"}, headers=own).status_code == 200


def test_what_listeners_notice_or_what_costs_money_asks_first(client: FlaskClient, desk: ScriptedDesk) -> None:
    page = client.get(f"/jobs/{put(desk, JobState.COMPLETED)}/edit").text
    assert page.count("data-question=") == 2
    assert "may cost" in page


def test_the_hour_that_was_chosen_stands_in_its_field(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.settings = ShowSettings(time_zone="Asia/Tokyo")
    job_id = put(desk, JobState.SCHEDULED, release_at=datetime(2026, 11, 12, 22, 30, tzinfo=UTC))
    assert 'value="2026-11-13T07:30"' in client.get(f"/jobs/{job_id}/edit").text


def test_a_page_about_a_job_at_work_says_so(client: FlaskClient, desk: ScriptedDesk) -> None:
    assert "at work on this episode (Uploading)" in client.get(f"/jobs/{put(desk, JobState.UPLOADING)}/edit").text


def test_the_page_has_neither_inline_script_nor_inline_style(client: FlaskClient, job_id: str) -> None:
    page = client.get(f"/jobs/{job_id}/edit").text
    assert page.count("<script") == 1
    assert "style=" not in page
    assert "<style" not in page
    assert " on" not in {part[:3] for part in page.split('"')[::2]}


def test_a_japanese_show_is_reviewed_in_japanese(client: FlaskClient, desk: ScriptedDesk, job_id: str) -> None:
    desk.settings = ShowSettings(language="ja", time_zone="Asia/Tokyo")
    page = client.get(f"/jobs/{job_id}/edit", headers=AS_PAGE).text
    for shown in ("今すぐ公開", "下書きを保存", "文字起こし", "日時（Asia/Tokyo）"):
        assert shown in page


@pytest.mark.parametrize("state", list(JobState))
def test_only_a_finished_draft_can_be_edited(desk: ScriptedDesk, state: JobState) -> None:
    waits = {JobState.AWAITING_REVIEW, JobState.SCHEDULED, JobState.COMPLETED, JobState.REJECTED}
    assert can_be_edited(a_job(state=state)) is (state in waits)


def test_a_failed_job_can_be_edited_once_something_was_heard() -> None:
    heard = {"process": a_step(StepState.SUCCEEDED, began=9, took=1)}
    assert can_be_edited(a_job(state=JobState.FAILED, steps=heard))


@pytest.mark.parametrize("state", list(JobState))
def test_a_recording_that_was_replaced_has_no_buttons_in_any_state(state: JobState) -> None:
    for withdrawn in (False, True):
        job = a_job(state=state, steps=HEARD, announced=True, withdrawn=withdrawn, replaced_by="newer")
        assert actions_for(job) == ()
        assert not can_be_edited(job)


def test_the_editor_of_a_replaced_recording_leads_to_the_newer_one_and_edits_nothing(
    client: FlaskClient, desk: ScriptedDesk
) -> None:
    page = client.get(f"/jobs/{put(desk, JobState.COMPLETED, replaced_by='newer')}/edit").text
    assert '<a href="/jobs/newer">Replaced by a newer recording</a>' in page
    assert "<form id=" not in page
    assert "editor.js" not in page
