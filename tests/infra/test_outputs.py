"""What a stack tells its operators' tools of itself, and what they may do with it."""

from __future__ import annotations

import json

import pytest
from support_graph import Graph
from support_life import Record
from support_settings import MODES, declare, dev_settings

from shared.deployment import DeployedStack

PERSON, TEAM = "user:you@example.com", "group:team@example.com"


@pytest.fixture(scope="module")
def told(life: Record) -> DeployedStack:
    return DeployedStack.model_validate(json.loads(life.outputs["deployed"]))


@pytest.fixture(scope="module")
def made(life: Record) -> Graph:
    return Graph.of_state(json.loads(life.state))


def names(graph: Graph, type_: str, property_: str = "name") -> set[str]:
    return {node.outputs[property_] for node in graph.of(type_)}


def test_the_output_for_tools_names_what_was_really_made(told: DeployedStack, made: Graph) -> None:
    assert {told.input_bucket, told.work_bucket} <= names(made, "gcp:storage/bucket:Bucket")
    assert told.public_bucket in names(made, "cloudflare:index/r2Bucket:R2Bucket")
    assert {told.controller} == names(made, "gcp:cloudrunv2/service:Service")
    assert set(told.jobs.values()) == names(made, "gcp:cloudrunv2/job:Job")
    assert set(told.accounts.values()) == names(made, "gcp:serviceaccount/account:Account", "email")
    secrets = names(made, "gcp:secretmanager/secret:Secret", "secretId")
    assert {told.r2_keys_secret, told.discord_webhook_secret} == secrets


def test_the_output_for_tools_agrees_with_those_for_people(told: DeployedStack, life: Record, made: Graph) -> None:
    assert told.input_bucket == life.outputs["input_bucket"]
    assert (told.feed_url, told.site_url) == (life.outputs["feed_url"], life.outputs["site_url"])
    (service,) = made.of("gcp:cloudrunv2/service:Service")
    assert told.controller_url == life.outputs["controller_url"] == service.outputs["uri"]
    assert told.feed_url.startswith(told.public_url + "/")


def test_a_job_and_an_account_are_told_by_the_step_that_has_them(told: DeployedStack) -> None:
    assert told.jobs == {step: f"{step}-job" for step in ("fetch", "process", "upload", "notify")}
    assert set(told.accounts) == {*told.jobs, "controller", "trigger", "scheduler"}
    assert all(f"podcast-{role}" in address for role, address in told.accounts.items() if role in told.jobs)


@pytest.mark.parametrize("mode", MODES)
def test_operators_may_use_the_controller_and_the_input_bucket_and_nothing_else_but_dead_letters(mode: str) -> None:
    graph = declare(dev_settings(operators=["you@example.com", TEAM], **MODES[mode]))
    (input_bucket,) = (node for node in graph.of("gcp:storage/bucket:Bucket") if node.name == "input")
    rights = {
        who: {(node["role"], node.inputs.get("bucket")) for node in graph.bindings() if node["member"] == who}
        for who in (PERSON, TEAM)
    }
    own = {("roles/run.invoker", None), ("roles/storage.objectUser", input_bucket["name"])}
    dead_letters = {("roles/pubsub.publisher", None), ("roles/pubsub.subscriber", None)}
    expected = own | dead_letters if mode.startswith("pubsub") else own
    assert rights == {PERSON: expected, TEAM: expected}


def test_no_operator_is_in_a_list_that_would_keep_them_from_the_dashboard() -> None:
    graph = declare(dev_settings(operators=["you@example.com"]))
    (service,) = graph.of("gcp:cloudrunv2/service:Service")
    environment = {each["name"]: each.get("value") for each in service["template.containers"][0]["envs"]}
    callers = json.loads(environment["PODCAST_CALLERS"])
    assert "you@example.com" not in {each for accounts in callers.values() for each in accounts}
