"""The doctor of a deployed stack, against servers: what it asks, as whom, and what it makes of silence."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from google.auth.exceptions import DefaultCredentialsError
from support_cloud import r2_client
from support_doctor import INPUT, NOW, SECRET_KEY, World, email, healthy, member
from support_servers.faults import Answer, Fault, Hang, ResetBefore, html_page
from support_servers.fixtures import Cloud
from support_servers.google_apis import OPERATOR, PLACE, PROJECT
from support_servers.proxy import says

DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


def test_of_a_healthy_stack_every_line_is_fine(world: World) -> None:
    assert [check for check in world.diagnose() if check.fine is not True] == []


def test_what_rests_on_a_fault_points_to_its_line(world: World) -> None:
    world.revoke("notify", "roles/secretmanager.secretAccessor", f"projects/{PROJECT}/secrets/podcast-discord-webhook")
    world.google.locked.add(email("push"))
    found = {check.subject: check.found for check in world.diagnose() if check.fine is None}
    assert found == {
        "Secret with the webhook": "notify's account may not read podcast-discord-webhook: see its own line",
        "Discord": "its webhook could not be read: see its own line",
        "push: run.invoker on controller": f"your account cannot act as {email('push')}: see its own line",
    }


def test_several_defects_are_told_each_by_its_line(world: World) -> None:
    world.google.enabled.remove("cloudtrace")
    world.discord.deleted = True
    world.google.scheduled.clear()
    assert world.faults().keys() == {"APIs", "Discord", "Sweep"}


def test_access_is_tested_as_the_account_and_never_with_the_operators_own_rights(world: World) -> None:
    # The operator is the project's owner, who may do all of it.
    world.diagnose()
    tests = {
        (who, path) for who, path in world.google.asked if path.endswith(("testIamPermissions", "testPermissions"))
    }
    by_operator = {path for who, path in tests if who == OPERATOR}
    assert by_operator == {
        f"run/v2/{PLACE}/services/podcast-controller:testIamPermissions"
    }  # their own way into the dashboard
    assert {who for who, _ in tests} == {OPERATOR, *world.deployed.accounts.values()}


def test_a_stack_without_pubsub_has_no_topics_to_look_at(r2_cloud: Cloud) -> None:
    with healthy(r2_cloud, "sequential") as world:
        checks = world.diagnose()
    assert [check for check in checks if check.fine is not True] == []
    assert not [check for check in checks if "topic" in check.subject or "letters" in check.subject]
    assert not [path for _, path in world.google.asked if path.startswith(("pubsub", "monitoring"))]


def test_a_stack_without_a_webhook_is_fine_and_tells_nobody(world: World) -> None:
    world.deployed = world.deployed.model_copy(update={"discord_webhook_secret": None})
    checks = {check.subject: check for check in world.diagnose()}
    assert all(check.fine for check in checks.values())
    assert checks["Discord"].found == "none: nobody is told at Discord"
    assert world.discord.faults.requests == []


def test_before_the_first_episode_a_missing_feed_is_no_fault(world: World) -> None:
    world.site.feed = None
    checks = {check.subject: check for check in world.diagnose()}
    assert checks["Public address"].fine is True
    assert "before the first episode" in checks["Public address"].found
    assert checks["Players on other sites"].fine is None


def test_before_the_first_recording_nothing_is_known_of_executions(world: World) -> None:
    for each in world.google.executions.values():
        each.clear()
    checks = {check.subject: check for check in world.diagnose()}
    assert checks["Executions of fetch-job"].fine is True
    assert checks["Arguments of executions"].fine is None


def test_what_failed_before_yesterday_is_forgotten(world: World) -> None:
    world.failed("process", "The configured memory limit was reached.", create_time=NOW - timedelta(days=2))
    checks = {check.subject: check for check in world.diagnose()}
    assert checks["Executions of process-job"].found == "none of 1 since yesterday failed"


def test_the_probe_in_r2_is_removed(world: World) -> None:
    client = r2_client(world.r2)
    client.write("doctor/somebody-elses", b"kept")
    world.diagnose()
    assert [info.name for info in client.list()] == ["doctor/somebody-elses"]


def test_discord_that_asks_for_patience_is_obeyed_and_no_fault(world: World) -> None:
    world.discord.closed_for = [3.0]
    checks = {check.subject: check for check in world.diagnose()}
    assert checks["Discord"].fine is None
    assert "left alone for 3 s" in checks["Discord"].found
    assert len(world.discord.faults.requests) == 1


# fmt: off
APIS = [
    "openidconnect", "cloudresourcemanager", "serviceusage", "iam", "iamcredentials", "storage", "secretmanager", "run",
    "eventarc", "cloudscheduler", "pubsub", "monitoring", "aiplatform",
]
# fmt: on
TROUBLES = [(api, trouble) for api in APIS for trouble in (html_page(), ResetBefore())]
TROUBLES += [("run", html_page(502)), ("run", Answer(429))]


@pytest.mark.parametrize(("api", "trouble"), TROUBLES, ids=[f"{api}-{type(each).__name__}" for api, each in TROUBLES])
def test_an_api_in_trouble_is_no_fault_and_keeps_no_other_from_being_asked(
    world: World, api: str, trouble: Fault
) -> None:
    world.google.faults.only = lambda method, path: path.startswith(f"/{api}/")
    world.google.faults.forever = trouble
    checks = world.diagnose()
    assert [check for check in checks if check.fine is False] == []
    assert [check for check in checks if check.fine is True]


def test_what_an_api_that_is_off_keeps_from_being_tested_is_no_question_of_rights(world: World) -> None:
    world.google.enabled.remove("eventarc")
    (check,) = [check for check in world.diagnose() if check.fine is None]
    assert check.subject == "Trigger"
    assert check.found.endswith("the API is switched off")
    assert check.fix is None


def test_an_operator_for_whose_calls_the_project_may_not_pay_is_told_the_role(world: World) -> None:
    world.google.may_pay = False
    checks = {check.subject: check for check in world.diagnose()}
    assert [check.subject for check in checks.values() if check.fine is False] == ["Project"]
    for subject in ("Project", "APIs", "Sweep"):
        assert "--role=roles/serviceusage.serviceUsageConsumer" in str(checks[subject].fix)


def test_an_api_that_hangs_holds_up_its_own_lines_alone(world: World) -> None:
    world.limit = 1.0
    world.google.faults.only = lambda method, path: path.startswith("/cloudscheduler/")
    world.google.faults.forever = Hang()
    checks = [check for check in world.diagnose() if check.fine is not True]
    assert [(check.subject, check.fine) for check in checks] == [("Sweep", None)]


def test_an_operator_who_may_not_look_is_told_what_to_ask_for(world: World) -> None:
    world.google.shut.add("cloudscheduler/")
    (check,) = [check for check in world.diagnose() if check.fine is not True]
    assert (check.subject, check.fine) == ("Sweep", None)
    assert check.fix is not None
    assert f"gcloud projects add-iam-policy-binding a-project --member=user:{OPERATOR} --role=roles/viewer" in check.fix


def test_a_project_that_is_closed_to_the_operator_is_one_fault(world: World) -> None:
    world.google.shut.update({"cloudresourcemanager/", "iam/"})
    faults = world.faults()
    assert faults.keys() == {"Project"}
    assert faults["Project"].fix is not None
    assert "--role=roles/viewer" in faults["Project"].fix


def test_an_operator_who_may_not_tell_their_address_is_no_fault(world: World) -> None:
    world.google.tells_address = False
    checks = {check.subject: check for check in world.diagnose()}
    assert all(check.fine for check in checks.values())
    assert checks["Your account"].found == "logged in, without the right to tell the address"


def test_an_operator_outside_of_the_list_is_told_the_setting(world: World) -> None:
    world.google.grants.remove((f"projects/{PROJECT}", "roles/owner", f"user:{OPERATOR}"))
    world.google.grants |= {
        (f"{PLACE}/jobs/{job}", "roles/run.viewer", f"user:{OPERATOR}") for job in world.google.jobs
    }
    check = world.only_fault()
    assert check.subject == "You and the controller"
    assert check.fix == f"Add user:{OPERATOR} to `operators` in Pulumi.dev.yaml, then: pulumi up --stack dev"


def test_nobody_logged_in_is_the_only_fault(world: World) -> None:
    def log_in() -> Any:
        raise DefaultCredentialsError("Your default credentials were not found.")

    world.person = log_in  # type: ignore[method-assign]  # the one thing that differs
    faults = world.faults()
    assert faults.keys() == {"Your account"}
    assert faults["Your account"].fix == "gcloud auth application-default login"


def test_no_secret_no_token_and_no_webhook_is_ever_told(world: World) -> None:
    # Every secret is of the wrong form, every server fails: whoever quotes an answer or an address is found out.
    hook = world.discord.url
    outputs = [repr(world.diagnose())]
    world.discord.deleted = True
    world.r2.proxy.misbehave(says(403, body=DENIED), for_ever=True)
    outputs.append(repr(world.diagnose()))
    world.google.secrets.add(PROJECT, "podcast-r2-keys", json.dumps({"secret_access_key": SECRET_KEY}).encode())
    world.google.secrets.add(PROJECT, "podcast-discord-webhook", f"{hook}/and/more".encode())
    world.iam.invokers.clear()
    outputs.append(repr(world.diagnose()))
    for output in outputs:
        assert "token-of-" not in output
        assert SECRET_KEY not in output
        assert world.discord.token not in output
        assert "eyJ" not in output


def test_a_probe_that_cannot_be_read_back_is_removed_all_the_same(world: World) -> None:
    world.r2.proxy.misbehave(says(403, body=DENIED), method="GET", path="doctor/a-name")
    assert world.only_fault().subject == "R2"
    assert list(r2_client(world.r2).list()) == []


def test_the_stacks_name_is_in_what_is_looked_for(world: World) -> None:
    world.deployed = world.deployed.model_copy(update={"stack": "prod"})
    world.google.triggers = {"podcast-recordings-prod": world.google.triggers["podcast-recordings"]}
    world.google.scheduled = {"podcast-sweep-prod": world.google.scheduled["podcast-sweep"]}
    assert [check for check in world.diagnose() if check.fine is not True] == []


def test_a_grant_to_somebody_elses_account_is_none(world: World) -> None:
    world.revoke("fetch", "roles/storage.objectViewer", INPUT)
    world.google.grants.add((INPUT, "roles/storage.objectViewer", member("process")))
    assert world.only_fault().subject == "fetch: storage.objectViewer on input bucket"
