"""The life of a stack on the real engine. Every test here asks about the same one (support_life.py)."""

from __future__ import annotations

import json
import re
import tomllib

from support_changes import GOLDEN
from support_graph import Graph
from support_life import Record
from support_settings import WEBHOOK

LISTED = tomllib.loads(GOLDEN.read_text("utf-8"))


def kinds(operations: dict[str, str]) -> set[str]:
    return set(operations.values())


def names(operations: dict[str, str]) -> set[str]:
    return {urn.rpartition("::")[2] for urn in operations}


def graph(state: str) -> Graph:
    return Graph.of_state(json.loads(state))


def test_what_a_preview_promises_up_does(life: Record) -> None:
    assert kinds(life.first_preview) == {"create"}
    assert life.up == life.first_preview
    assert len(life.up) > 90


def test_a_second_preview_finds_nothing_to_change(life: Record) -> None:
    assert life.second_preview == {}


def test_a_refresh_finds_nothing_that_drifted(life: Record) -> None:
    assert life.refresh == {}


def test_one_setting_of_one_step_touches_that_steps_job_alone(life: Record) -> None:
    assert names(life.changed_preview) == {"job-process"}
    assert kinds(life.changed_preview) == {"update"}
    assert life.changed_up == life.changed_preview
    assert LISTED["steps.process.memory"] == {"Job job-process": "update"}, "the engine and changes.toml agree"
    job = graph(life.changed_state).one("Job", "job-process")
    assert job["template.template.containers.0.resources.limits.memory"] == "8Gi"


def test_what_reaches_no_image_builds_none(life: Record) -> None:
    assert life.changed_apart_from_images == {}


def test_a_changed_line_of_code_builds_the_images_anew_and_runs_them(life: Record) -> None:
    """All five: they share one context, and the provider asks only whether that changed (docs/adr/0102)."""
    images = {name for name in names(life.changed_code) if name.startswith("image-")}
    assert len(images) == 5
    runs = {"controller", "job-fetch", "job-process", "job-upload", "job-notify"}
    assert names(life.changed_code) == {*images, *runs}
    assert kinds(life.changed_code) == {"update"}


def test_a_changed_dockerfile_builds_every_image_anew(life: Record) -> None:
    images = {name for name in names(life.changed_dockerfile) if name.startswith("image-")}
    targets = ("controller", "fetch-job", "process-job", "upload-job", "notify-job")
    assert images == {f"image-{target}" for target in targets}
    assert kinds(life.changed_dockerfile) == {"update"}


def test_a_destroyed_stack_leaves_nothing(life: Record) -> None:
    assert kinds(life.destroy) == {"delete"}
    assert graph(life.state_at_the_end).nodes == []


def test_everything_goes_through_our_own_providers(life: Record) -> None:
    assert [node.urn for node in graph(life.state).nodes if "::default" in node.provider] == []


def test_no_secret_is_in_the_state_or_in_the_outputs_in_plain(life: Record) -> None:
    for secret in (WEBHOOK, "cf-token-", "secret_access_key", "ya29."):
        assert secret in life.state, "the test looks for something that is not there at all"
        assert secret not in life.state_file
        assert not any(secret in value for value in life.outputs.values())
    assert life.secret_outputs == []


def test_the_outputs_say_where_everything_is(life: Record) -> None:
    assert set(life.outputs) == {
        "input_bucket",
        "feed_url",
        "site_url",
        "controller_url",
        "upload_command",
        "deployed",
    }
    assert life.outputs["input_bucket"] == "podcast-input-dev"
    assert life.outputs["upload_command"] == "gcloud storage cp EPISODE.mp3 gs://podcast-input-dev/"
    assert re.fullmatch(r"https://pub-[0-9a-f]+\.r2\.dev/feed\.rss", life.outputs["feed_url"])
    assert life.outputs["controller_url"].startswith("https://podcast-controller-")


def test_what_runs_is_pinned_to_the_digest_that_was_pushed(life: Record) -> None:
    made = graph(life.state)
    images = made.of("docker:index/image:Image")
    assert len(images) == 5
    for image in images:
        digest = image.outputs["repoDigest"]
        runs = [node for node in made.of("Job", "Service") if digest in json.dumps(node.inputs)]
        assert len(runs) == 1, image["build.target"]


def test_everything_waits_for_the_apis(life: Record) -> None:
    made = graph(life.state)
    enabled = {node.urn for node in made.of("gcp:projects/service:Service")}
    assert enabled <= set(made.one("pulumi:providers:gcp", "google").dependencies)


def test_the_trigger_waits_for_every_right_that_it_needs(life: Record) -> None:
    made = graph(life.state)
    waits = {urn.rpartition("::")[2] for urn in made.one("Trigger", "recordings").dependencies}
    assert {
        "agent-eventarc-able",
        "agent-pubsub-able",
        "trigger-receives-events",
        "trigger-may-invoke-controller",
        "storage-agent-publishes",
    } <= waits


def test_an_agent_is_asked_for_before_it_is_given_its_role(life: Record) -> None:
    made = graph(life.state)
    for service in ("eventarc", "pubsub", "aiplatform"):
        agent = made.one("ServiceIdentity", f"agent-{service}")
        able = made.one("gcp:projects/iAMMember:IAMMember", f"agent-{service}-able")
        assert able["member"] == agent.outputs["member"]
        assert agent.urn in able.dependencies


def test_the_whole_of_a_production_stack_is_previewed(life: Record) -> None:
    assert kinds(life.production) == {"create"}
    assert {"domain", "monthly", "push-process", "e-mail-you@example.com"} <= names(life.production)


def test_in_production_buckets_and_secrets_refuse_to_be_deleted_and_nothing_else_does(life: Record) -> None:
    protected = {urn.rpartition("$")[2] for urn in life.protected_in_production}
    assert protected == {
        "gcp:storage/bucket:Bucket::input",
        "gcp:storage/bucket:Bucket::work",
        "gcp:secretmanager/secret:Secret::r2-keys",
        "gcp:secretmanager/secret:Secret::discord-webhook",
        "cloudflare:index/r2Bucket:R2Bucket::public",
    }


def test_a_wrong_setting_stops_the_preview_before_anything_is_declared(life: Record) -> None:
    assert re.search(r"code: 1$", life.wrong_setting, re.MULTILINE), "what a shell would see"
    assert 'region = "asia-northeast9": is no region with Cloud Run' in life.wrong_setting
    assert "pulumi config set region asia-northeast" in life.wrong_setting
    assert "Traceback" not in life.wrong_setting
    assert "podcast:infra" not in life.wrong_setting


def test_what_a_cloud_refuses_fails_the_preview_and_names_the_resource(life: Record) -> None:
    assert re.search(r"code: 1$", life.refused_resource, re.MULTILINE)
    urn = "urn:pulumi:refused::podcast-automator::gcp:serviceaccount/account:Account::shouting"
    assert urn in life.refused_resource
    assert "'LOUD' does not match" in life.refused_resource


def test_docker_without_a_daemon_fails_only_where_nobody_said_that_a_preview_needs_none(life: Record) -> None:
    assert "no Docker daemon answers" in life.no_daemon
