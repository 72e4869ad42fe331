"""The controller's web interface."""

from __future__ import annotations

import json
from functools import partial

import pytest
from support_jobs import ScriptedRunner, success_of

from controller.app import create_app
from controller.desk import FrontDesk
from controller.guard import install_guard
from controller.intake import Intake
from controller.local import utc_now
from controller.orchestrator import Orchestrator
from shared.config import LocalSettings
from shared.contract import FETCH
from shared.identity import job_id_of
from shared.models import JobState


class Parts:
    def __init__(self, root) -> None:
        self.settings = LocalSettings(data=root)
        self.runner = ScriptedRunner(self.settings.work)
        self.orchestrator = Orchestrator(
            self.settings.work, self.runner, slots=2, now=utc_now, jitter=lambda: 0.5, reviewed=lambda: False
        )
        intake = Intake(self.settings.input, self.orchestrator)
        app = create_app(
            input_bucket="input",
            intake=intake,
            orchestrator=self.orchestrator,
            desk=FrontDesk(self.settings, self.orchestrator, intake, utc_now),
            public_folder=self.settings.public.root,
            guard=partial(install_guard, port=8080),
        )
        self.client = app.test_client()

    def post(self, path, body, **headers):
        base = "http://127.0.0.1:8080"
        return self.client.post(
            path, data=body if isinstance(body, bytes) else json.dumps(body), headers=headers, base_url=base
        )


@pytest.fixture
def parts(tmp_path):
    return Parts(tmp_path)


def test_an_event_is_accepted_with_the_jobs_id_once_the_record_is_durable(parts) -> None:
    answer = parts.post("/events", {"bucket": "input", "name": "one.mp3", "generation": "7"})
    job_id = job_id_of("input", "one.mp3", 7)
    assert (answer.status_code, answer.json["job_id"]) == (202, job_id)
    assert parts.orchestrator.records.load(job_id) is not None
    assert parts.runner.started == [(job_id, "fetch", 1)]


def test_a_plain_event_means_the_version_that_is_there(parts) -> None:
    info = parts.settings.input.write("one.mp3", b"x")
    answer = parts.post("/events", {"bucket": "input", "name": "one.mp3"})
    assert answer.json["job_id"] == job_id_of("input", "one.mp3", int(info.version))


def test_an_event_that_comes_twice_is_one_job(parts) -> None:
    body = {"bucket": "input", "name": "one.mp3", "generation": "7"}
    assert parts.post("/events", body).json == parts.post("/events", body).json
    assert len(parts.runner.started) == 1


def test_a_plain_event_about_what_is_not_there_is_refused(parts) -> None:
    answer = parts.post("/events", {"bucket": "input", "name": "gone.mp3"})
    assert answer.status_code == 400
    assert "gone.mp3" in answer.json["reason"]


@pytest.mark.parametrize("name", ["../../etc/passwd.mp3", "x" * 1000 + ".mp3"])
def test_a_plain_event_with_an_impossible_name_is_refused_with_what_to_do(parts, name) -> None:
    answer = parts.post("/events", {"bucket": "input", "name": name})
    assert answer.status_code == 400
    assert answer.json["advice"]


def test_an_object_that_is_no_episode_is_ignored_with_200(parts) -> None:
    answer = parts.post("/events", {"bucket": "input", "name": "folder/"})
    assert (answer.status_code, answer.json["status"]) == (200, "ignored")
    assert parts.runner.started == []


def test_what_is_no_event_gets_400_with_a_reason(parts) -> None:
    answer = parts.post("/events", b"hello")
    assert answer.status_code == 400
    assert answer.json["reason"]
    assert answer.json["advice"]


def test_an_event_of_a_megabyte_is_refused(parts) -> None:
    assert parts.post("/events", b" " * 1024 * 1024).status_code == 413


def test_a_signal_moves_the_job_at_once(parts) -> None:
    job_id = parts.post("/events", {"bucket": "input", "name": "one.mp3", "generation": "7"}).json["job_id"]
    parts.runner.end(FETCH, job_id, 1, success_of(FETCH, job_id))
    assert parts.post("/signals", {"job_id": job_id, "step": "fetch"}).status_code == 204
    known = parts.orchestrator.records.load(job_id)
    assert known is not None
    assert known[0].state is JobState.PROCESSING


def test_a_signal_about_nothing_changes_nothing(parts) -> None:
    assert parts.post("/signals", {"job_id": "nobody", "step": "fetch"}).status_code == 204
    assert parts.post("/signals", {"what": "ever"}).status_code == 400


def test_a_sweep_can_be_asked_for(parts) -> None:
    job_id = parts.post("/events", {"bucket": "input", "name": "one.mp3", "generation": "7"}).json["job_id"]
    parts.runner.end(FETCH, job_id, 1, success_of(FETCH, job_id))
    assert parts.post("/sweep", b"").status_code == 204
    assert parts.runner.started[-1] == (job_id, "process", 1)


def test_health_is_answered(parts) -> None:
    assert parts.client.get("/health", base_url="http://127.0.0.1:8080").json == {"status": "ok"}


def test_a_job_with_a_broken_result_gets_503_so_that_the_signal_is_not_taken_for_done(parts) -> None:
    job_id = parts.post("/events", {"bucket": "input", "name": "one.mp3", "generation": "7"}).json["job_id"]
    parts.settings.work.write(f"results/{job_id}/fetch.1.json", b"{}")
    assert parts.post("/signals", {"job_id": job_id, "step": "fetch"}).status_code == 503


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
@pytest.mark.parametrize("path", ["/events", "/signals", "/sweep"])
def test_another_site_cannot_make_the_controller_do_anything(parts, path, headers) -> None:
    answer = parts.post(path, {"bucket": "input", "name": "one.mp3", "generation": "7"}, **headers)
    assert answer.status_code == 403
    assert parts.runner.started == []
