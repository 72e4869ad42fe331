"""What the doctor makes of the facts: decisions alone, no server."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from rich.console import Console
from support_doctor import INPUT, NOW, plain_stack
from support_servers.google_apis import REGION

from controller.check import Check, report
from controller.stack.doctor.access import USED, held
from controller.stack.doctor.apis import apis_finding
from controller.stack.doctor.controller_service import ServiceFacts, health_finding, service_finding
from controller.stack.doctor.discord import HookFacts, hook_finding
from controller.stack.doctor.events import sweep_finding, trigger_finding
from controller.stack.doctor.executions import JobFacts, job_finding
from controller.stack.doctor.model import agent_finding, model_finding
from controller.stack.doctor.public_bucket import Answered, address_finding, cors_finding
from controller.stack.doctor.starting import Who
from controller.stack.doctor.topics import dead_finding
from shared.contract import STEPS, Resource
from shared.deployment import CONTROLLER_GRANTS, DEPLOYABLE_GRANTS

STACK = plain_stack()
WHO = Who("user:me@example.com", "123")


def test_every_grant_of_the_contract_has_its_line() -> None:
    told = {(each.role, each.grant) for each in held(STACK)}
    wanted = {(step.name, grant) for step in STEPS for grant in (*step.grants, *DEPLOYABLE_GRANTS)}
    wanted |= {("controller", grant) for grant in (*CONTROLLER_GRANTS, *DEPLOYABLE_GRANTS)}
    assert wanted <= told


def test_every_role_that_is_granted_is_in_the_table_of_what_programs_use() -> None:
    # run.viewer is used, not tested: access.py says why.
    assert {each.grant.role for each in held(STACK)} == USED.keys() | {"roles/run.viewer"}


def test_a_step_publishes_to_the_next_ones_topic_alone() -> None:
    topics = [each for each in held(STACK) if each.grant.on is Resource.STEP_TOPICS and each.role != "controller"]
    assert [(each.role, each.resources[0].rpartition("/")[2]) for each in topics] == [
        ("fetch", "process-job"),
        ("process", "upload-job"),
        ("upload", "notify-job"),
    ]


def test_all_apis_that_are_off_are_switched_on_by_one_command() -> None:
    finding = apis_finding(("run", "iam", "pubsub"), {"iam"}, "a-project")
    assert finding.fix == "gcloud services enable run.googleapis.com pubsub.googleapis.com --project=a-project"


@pytest.mark.parametrize(
    ("answered", "has_feed", "fine"),
    [
        (Answered(200, {}), None, True),
        (Answered(206, {}), None, True),
        (Answered(404, {}), False, True),
        (Answered(404, {}), None, True),
        (Answered(404, {}), True, False),
        (Answered(401, {}), None, False),
        (Answered(403, {}), None, False),
        (Answered(failed="dns"), None, False),
        (Answered(failed="tls: certificate verify failed"), None, False),
        (Answered(failed="connection refused"), None, None),
    ],
)
def test_what_the_public_address_says(answered: Answered, *, has_feed: bool | None, fine: bool | None) -> None:
    assert address_finding(STACK, answered, has_feed=has_feed).fine is fine


@pytest.mark.parametrize(("origin", "fine"), [("*", True), ("https://player.example", True), ("https://x", False)])
def test_which_players_may_read(origin: str, *, fine: bool) -> None:
    assert cors_finding(STACK, Answered(200, {"access-control-allow-origin": origin})).fine is fine


@pytest.mark.parametrize(
    ("status", "fine"), [(200, True), (401, False), (403, False), (404, False), (429, None), (500, None), (302, None)]
)
def test_what_discord_says(status: int, *, fine: bool | None) -> None:
    assert hook_finding(STACK, HookFacts(status)).fine is fine


@pytest.mark.parametrize(("status", "fine"), [(404, False), (403, False), (400, False), (429, None), (503, None)])
def test_how_the_model_is_refused(status: int, *, fine: bool | None) -> None:
    assert model_finding(STACK, "ai_model", (status, "It cannot be done.")).fine is fine


def test_a_model_that_is_elsewhere_names_both_settings() -> None:
    fix = model_finding(STACK, "ai_fallback_model", (404, "not found")).fix
    assert fix is not None
    assert "pulumi config set ai_location global --stack dev" in fix
    assert "pulumi config set ai_fallback_model MODEL --stack dev" in fix
    assert "gemini-3.8-flash" in fix


@pytest.mark.parametrize(
    ("role", "condition", "fine"),
    [
        ("roles/storage.objectViewer", None, True),
        ("roles/storage.objectAdmin", None, True),
        ("roles/storage.objectCreator", None, False),
        ("roles/storage.objectViewer", {"expression": "false"}, False),
    ],
)
def test_which_binding_lets_the_model_read(role: str, condition: dict[str, str] | None, *, fine: bool) -> None:
    binding: dict[str, Any] = {"role": role, "members": {"serviceAccount:agent"}, "condition": condition}
    assert agent_finding(STACK, "serviceAccount:agent", [binding]).fine is fine


@pytest.mark.parametrize(("status", "fine"), [(200, True), (401, False), (403, False), (404, False), (500, False)])
def test_how_the_controller_answers(status: int, *, fine: bool) -> None:
    assert health_finding(STACK, status).fine is fine


def test_a_new_revision_that_does_not_take_over_is_a_fault() -> None:
    finding = service_finding(STACK, ServiceFacts(True, "revisions/old", "revisions/new"), WHO)
    assert finding.fine is False
    assert finding.found == "new was made, but old still serves"


def test_what_cloud_run_is_still_at_is_no_fault() -> None:
    assert service_finding(STACK, ServiceFacts(None, "", "revisions/new"), WHO).fine is None
    facts = JobFacts("fetch", "fetch-job", "x", "512Mi", "1", 900, ready=None)
    assert job_finding(STACK, facts, WHO).fine is None


SWEEP: dict[str, Any] = {
    "state": "ENABLED",
    "httpTarget": {"uri": f"{STACK.controller_url}/sweep"},
    "status": {},
    "lastAttemptTime": NOW.isoformat(),
}


@pytest.mark.parametrize(
    ("changes", "fine"),
    [
        ({}, True),
        ({"status": {"code": 0}}, True),
        ({"state": "PAUSED"}, False),
        ({"state": "UPDATE_FAILED"}, False),
        ({"status": {"code": 7}}, False),
        ({"status": {"code": 4, "message": "DEADLINE_EXCEEDED"}}, False),
        ({"httpTarget": {"uri": "https://elsewhere.example/sweep"}}, False),
        ({"lastAttemptTime": (NOW - timedelta(minutes=6)).isoformat()}, False),
    ],
)
def test_what_the_scheduler_tells_of_the_sweep(changes: dict[str, Any], *, fine: bool) -> None:
    assert sweep_finding(STACK, {**SWEEP, **changes}, NOW).fine is fine


def test_a_sweep_that_iam_keeps_out_is_mended_by_its_right_and_another_failure_by_the_log() -> None:
    kept_out, ill = (sweep_finding(STACK, {**SWEEP, "status": {"code": code}}, NOW) for code in (7, 13))
    assert kept_out.fix == "pulumi up --refresh --stack dev"
    assert str(ill.fix).startswith("gcloud logging read")


def test_a_sweep_that_has_not_run_yet_is_no_fault() -> None:
    job = {name: value for name, value in SWEEP.items() if name != "lastAttemptTime"}
    assert sweep_finding(STACK, job, NOW).fine is None


def test_a_time_of_googles_with_nine_digits_is_understood() -> None:
    job = {**SWEEP, "lastAttemptTime": "2026-11-24T11:59:20.123456789Z"}
    assert sweep_finding(STACK, job, datetime.fromisoformat("2026-11-24T12:00:00+00:00")).fine is True


TRIGGER: dict[str, Any] = {
    "eventFilters": [
        {"attribute": "type", "value": "google.cloud.storage.object.v1.finalized"},
        {"attribute": "bucket", "value": INPUT},
    ],
    "serviceAccount": STACK.accounts["trigger"],
    "destination": {"cloudRun": {"service": "podcast-controller", "path": "/events", "region": REGION}},
}


@pytest.mark.parametrize(
    ("changes", "location", "fine"),
    [
        ({}, "ASIA-NORTHEAST1", True),
        ({"conditions": {"topic": {"code": "OK"}}}, "ASIA-NORTHEAST1", True),
        ({"conditions": {"topic": {"code": "NOT_FOUND"}}}, "ASIA-NORTHEAST1", False),
        ({"serviceAccount": "somebody@else"}, "ASIA-NORTHEAST1", False),
        ({"destination": {"cloudRun": {"service": "another"}}}, "ASIA-NORTHEAST1", False),
        ({}, "US", False),
    ],
)
def test_what_eventarc_tells_of_the_trigger(changes: dict[str, Any], location: str, *, fine: bool) -> None:
    assert trigger_finding(STACK, {**TRIGGER, **changes}, location).fine is fine


@pytest.mark.parametrize(
    ("waiting", "fine"),
    [({"a": 0, "b": 0}, True), ({"a": 0, "b": None}, True), ({"a": 0, "b": 2}, False), ({"a": None, "b": None}, None)],
)
def test_what_monitoring_tells_of_dead_letters(waiting: dict[str, int | None], *, fine: bool | None) -> None:
    assert dead_finding(STACK, waiting).fine is fine


def test_lines_tell_fine_faulty_and_untested_apart_and_are_never_broken() -> None:
    output = io.StringIO()
    checks = [
        Check("One", "well [really]"),
        Check("Two", "ill", fine=False, fix="a command " * 30),
        Check("Three", "nobody knows", fine=None),
    ]
    assert report(checks, Console(file=output, width=40)) is False
    assert output.getvalue() == (
        "✓ One: well [really]\n"
        "✗ Two: ill\n"
        f"  → {'a command ' * 30}\n"
        "? Three: could not be tested, because nobody knows\n"
    )


def test_what_could_not_be_tested_is_no_fault() -> None:
    assert report([Check("Three", "nobody knows", fine=None)], Console(file=io.StringIO())) is True
    assert report([Check("Two", "ill", fine=False)], Console(file=io.StringIO())) is False


def test_a_token_in_a_line_is_taken_out() -> None:
    output = io.StringIO()
    report([Check("One", "GET https://discord.com/api/webhooks/1/very-secret said Bearer abc")], Console(file=output))
    assert "very-secret" not in output.getvalue()
    assert "abc" not in output.getvalue()
