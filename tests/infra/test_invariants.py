"""What is true of every stack, whatever it has or not."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter

import pytest
from support_graph import Graph, Node
from support_settings import GOOGLE_PROJECT, MODES, declare, dev_settings

PEOPLE = {"operators": ["you@example.com", "group:team@example.com"], "notification_emails": ["you@example.com"]}

# As the product's own table has them, with what a fresh stack `dev` fills in.
THE_TABLE = {
    "fetch-job": {"GCP_PROJECT_ID": GOOGLE_PROJECT, "GCS_INPUT_BUCKET": "podcast-input-dev"},
    "process-job": {"VERTEX_AI_MODEL": "gemini-3.8-flash", "VERTEX_AI_LOCATION": "global"},
    "upload-job": {
        "R2_ENDPOINT_URL": "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
        "R2_BUCKET": "podcast-dev",
        "R2_CUSTOM_DOMAIN": "podcast.example.com",
        "R2_KEYS_SECRET_NAME": "podcast-r2-keys",
    },
    "notify-job": {"DISCORD_WEBHOOK_SECRET_NAME": "podcast-discord-webhook"},
}
OURS = {
    "PODCAST_BACKEND",
    "PODCAST_PROJECT_ID",
    "PODCAST_INPUT_BUCKET",
    "PODCAST_WORK_BUCKET",
    "PODCAST_PUBLIC_URL",
    "PODCAST_STACK",
    "PODCAST_SIGNAL_URL",
    "PODCAST_SIGNAL_TOPIC",
    "PODCAST_COST_CAP_USD",
    "PODCAST_FALLBACK_MODEL",
}

ONLY_ON_A_PROJECT = {
    # Vertex AI, Eventarc and Cloud Storage's own agent have nothing narrower to grant these on.
    ("process", "roles/aiplatform.user"),
    *((each, "roles/telemetry.tracesWriter") for each in ("controller", "fetch", "process", "upload", "notify")),
    ("trigger", "roles/eventarc.eventReceiver"),
    ("gs-project-accounts", "roles/pubsub.publisher"),
    # Google's agents act for the whole project, and their own roles exist nowhere else.
    *((each, f"roles/{each}.serviceAgent") for each in ("eventarc", "pubsub", "aiplatform")),
}


@functools.cache
def stack(mode: str) -> Graph:
    return declare(dev_settings(**PEOPLE, **MODES[mode]))


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def graph(mode: str) -> Graph:
    return stack(mode)


def jobs(graph: Graph) -> list[Node]:
    """In the pipeline's order; resources come in the order in which their inputs are known."""
    found = {node["name"]: node for node in graph.of("gcp:cloudrunv2/job:Job")}
    assert set(found) == set(THE_TABLE)
    return [found[name] for name in THE_TABLE]


def environment(node: Node) -> dict[str, str]:
    path = "template.template.containers.0.envs" if node.type.endswith("Job") else "template.containers.0.envs"
    return {each["name"]: each["value"] for each in node[path]}


def role_of(member: str) -> str:
    """`podcast-fetch@…` as `fetch`, Google's agents by the name of their service."""
    return re.sub(r"^serviceAccount:(podcast-|service-\d+@(gcp-sa-)?)?([a-z-]+).*$", r"\3", member)


def test_every_step_has_exactly_one_job_with_its_own_image_and_account(graph: Graph) -> None:
    for node in jobs(graph):
        step = node["name"].removesuffix("-job")
        (container,) = node["template.template.containers"]
        assert re.fullmatch(rf"[\w.-]+/{GOOGLE_PROJECT}/podcast/{step}-job@sha256:[0-9a-f]{{64}}", container["image"])
        assert node["template.template.serviceAccount"] == f"podcast-{step}@{GOOGLE_PROJECT}.iam.gserviceaccount.com"


def test_a_retry_is_never_cloud_runs(graph: Graph) -> None:
    assert {node["template.template.maxRetries"] for node in jobs(graph)} == {0}


def test_a_job_is_told_the_table_and_beside_it_only_what_is_ours(mode: str, graph: Graph) -> None:
    for node in jobs(graph):
        expected = dict(THE_TABLE[node["name"]])
        if "domain" not in mode:
            expected.pop("R2_CUSTOM_DOMAIN", None)
        told = environment(node)
        assert {name: value for name, value in told.items() if name not in OURS} == expected


def test_with_pubsub_a_job_knows_the_topic_of_the_next_step_and_the_last_one_none(mode: str, graph: Graph) -> None:
    topics = [environment(node).get("PODCAST_SIGNAL_TOPIC") for node in jobs(graph)]
    following = [f"projects/{GOOGLE_PROJECT}/topics/{step}-job" for step in ("process", "upload", "notify")]
    assert topics == ([*following, None] if mode.startswith("pubsub") else [None] * 4)


def test_the_controller_knows_which_account_may_use_which_door(mode: str, graph: Graph) -> None:
    (service,) = graph.of("gcp:cloudrunv2/service:Service")
    callers = json.loads(environment(service)["PODCAST_CALLERS"])
    existing = {node.outputs["email"] for node in graph.of("gcp:serviceaccount/account:Account")}
    assert {each for accounts in callers.values() for each in accounts} <= existing
    push = ["push"] if mode.startswith("pubsub") else []
    assert [role_of(f"serviceAccount:{each}") for each in callers["signals"]] == [
        "fetch",
        "process",
        "upload",
        "notify",
        *push,
    ]


def test_every_secret_has_exactly_one_accessor(graph: Graph) -> None:
    secrets = {f"projects/{GOOGLE_PROJECT}/secrets/{node['secretId']}" for node in graph.of("Secret")}
    accessors = Counter(node["secretId"] for node in graph.of("SecretIamMember"))
    assert accessors == dict.fromkeys(secrets, 1)
    readers = {node["secretId"].rpartition("/")[2]: role_of(node["member"]) for node in graph.of("SecretIamMember")}
    assert readers == {"podcast-r2-keys": "upload", "podcast-discord-webhook": "notify"}


def test_a_webhook_is_stored_only_where_there_is_one(mode: str, graph: Graph) -> None:
    values = {node.name for node in graph.of("SecretVersion")}
    assert values == {"r2-keys-value", *(["discord-webhook-value"] if "discord" in mode else [])}


def test_nothing_is_granted_to_everybody_and_no_role_is_primitive(graph: Graph) -> None:
    for node in graph.bindings():
        assert node["role"] not in {"roles/owner", "roles/editor", "roles/viewer"}, node.urn
        assert node["member"].partition(":")[0] in {"serviceAccount", "user", "group"}, node.urn


def test_a_role_is_granted_on_the_project_only_where_nothing_narrower_exists(graph: Graph) -> None:
    on_project = {(role_of(node["member"]), node["role"]) for node in graph.of("gcp:projects/iAMMember:IAMMember")}
    assert on_project == ONLY_ON_A_PROJECT


def test_no_grant_is_declared_twice(graph: Graph) -> None:
    seen = Counter(
        (node.type, *sorted((key, str(value)) for key, value in node.inputs.items())) for node in graph.bindings()
    )
    assert [grant for grant, times in seen.items() if times > 1] == []


def test_only_the_trigger_the_scheduler_the_push_the_jobs_and_operators_may_invoke_the_controller(
    mode: str, graph: Graph
) -> None:
    invokers = {role_of(node["member"]) for node in graph.of("ServiceIamMember") if node["role"] == "roles/run.invoker"}
    push = {"push"} if mode.startswith("pubsub") else set()
    steps = {"fetch", "process", "upload", "notify"}
    assert invokers == {"trigger", "scheduler", *push, *steps, "user:you@example.com", "group:team@example.com"}
    assert {node["role"] for node in graph.of("ServiceIamMember")} == {"roles/run.invoker"}


def test_only_the_controller_may_run_the_steps(graph: Graph) -> None:
    rights = {(role_of(node["member"]), node["role"]) for node in graph.of("JobIamMember")}
    assert rights == {
        ("controller", "roles/run.jobsExecutorWithOverrides"),
        ("controller", "roles/run.viewer"),
    }
    assert Counter(node["name"] for node in graph.of("JobIamMember")) == dict.fromkeys(THE_TABLE, 2)


def test_the_controller_holds_no_key_of_the_public_bucket(graph: Graph) -> None:
    (service,) = graph.of("gcp:cloudrunv2/service:Service")
    assert not [name for name in environment(service) if name.startswith("R2_")]
    assert not [node for node in graph.of("SecretIamMember") if role_of(node["member"]) == "controller"]


def test_every_bucket_refuses_public_access_and_keeps_old_versions(graph: Graph) -> None:
    buckets = graph.of("gcp:storage/bucket:Bucket")
    assert {node.name for node in buckets} == {"input", "work"}
    for node in buckets:
        assert node["publicAccessPrevention"] == "enforced"
        assert node["uniformBucketLevelAccess"] is True
        assert node["versioning"] == {"enabled": True}
        assert node["softDeletePolicy.retentionDurationSeconds"] >= 7 * 24 * 3600
        assert node["forceDestroy"] is False


def test_in_the_work_bucket_only_audio_and_chunks_of_ended_episodes_expire(graph: Graph) -> None:
    rules = graph.one("gcp:storage/bucket:Bucket", "work")["lifecycleRules"]
    of_live_objects = [
        rule["condition"]
        for rule in rules
        if rule["action"]["type"] == "Delete" and rule["condition"].get("withState") != "ARCHIVED"
    ]
    # An object's custom time is set when its episode ends; without one the rule never matches.
    assert of_live_objects == [
        {"daysSinceCustomTime": 14, "matchesPrefixes": ["audio/", "chunks/"], "withState": "LIVE"}
    ]


def test_what_expired_is_gone_for_good_soon_and_earlier_records_are_not(graph: Graph) -> None:
    rules = graph.one("gcp:storage/bucket:Bucket", "work")["lifecycleRules"]
    of_old_versions = [rule["condition"] for rule in rules if rule["condition"].get("withState") == "ARCHIVED"]
    assert of_old_versions == [
        {"daysSinceNoncurrentTime": 1, "matchesPrefixes": ["audio/", "chunks/"], "withState": "ARCHIVED"},
        {"daysSinceNoncurrentTime": 90, "withState": "ARCHIVED"},
    ]


def test_recordings_are_kept_for_ever_unless_the_stack_says_otherwise(graph: Graph) -> None:
    rules = graph.one("gcp:storage/bucket:Bucket", "input")["lifecycleRules"]
    assert not [rule for rule in rules if rule["condition"].get("withState") == "LIVE"]


def test_every_topic_with_dead_letters_has_somebody_who_keeps_and_may_move_them(mode: str, graph: Graph) -> None:
    pushes = [node for node in graph.of("Subscription") if "pushConfig" in node.inputs]
    assert len(pushes) == (4 if mode.startswith("pubsub") else 0)
    of_agent = [node for node in graph.bindings() if "gcp-sa-pubsub" in node["member"]]
    agent = {(node.inputs.get("topic") or node.inputs.get("subscription"), node["role"]) for node in of_agent}
    for node in pushes:
        dead = node["deadLetterPolicy.deadLetterTopic"]
        assert [kept.name for kept in graph.of("Subscription") if kept["topic"] == dead], node.urn
        assert (dead.rpartition("/")[2], "roles/pubsub.publisher") in agent, node.urn
        assert (node["name"], "roles/pubsub.subscriber") in agent, node.urn
        assert node["pushConfig.oidcToken.serviceAccountEmail"].startswith("podcast-push@")


def test_a_push_waits_until_its_tokens_can_be_made_and_are_let_in(graph: Graph) -> None:
    pushes = [node for node in graph.of("Subscription") if "pushConfig" in node.inputs]
    for node in pushes:
        assert {"agent-pubsub-able", "push-may-invoke-controller"} <= node.waits_for


def test_each_step_may_publish_to_the_next_ones_topic_operators_to_all_and_nobody_else(mode: str, graph: Graph) -> None:
    ours = [node for node in graph.of("TopicIAMMember") if "gcp-sa-pubsub" not in node["member"]]
    assert {node["role"] for node in ours} <= {"roles/pubsub.publisher"}
    publishers = {(role_of(node["member"]), node["topic"]) for node in ours}
    chain = {("fetch", "process-job"), ("process", "upload-job"), ("upload", "notify-job")}
    by_hand = {(person, name) for person in ("user:you@example.com", "group:team@example.com") for name in THE_TABLE}
    assert publishers == (chain | by_hand if mode.startswith("pubsub") else set())


def test_the_token_for_r2_opens_one_bucket_only(graph: Graph) -> None:
    (token,) = graph.of("AccountToken")
    (policy,) = token["policies"]
    assert json.loads(policy["resources"]) == {
        "com.cloudflare.edge.r2.bucket.0123456789abcdef0123456789abcdef_default_podcast-dev": "*"
    }


def test_the_tokens_permissions_are_in_the_order_in_which_cloudflare_returns_them(graph: Graph) -> None:
    (token,) = graph.of("AccountToken")
    (policy,) = token["policies"]
    ids = [group["id"] for group in policy["permissionGroups"]]
    assert len(set(ids)) == 2
    assert ids == sorted(ids)


def test_the_trigger_is_where_its_bucket_is_and_goes_where_events_are_taken(graph: Graph) -> None:
    (trigger,) = graph.of("Trigger")
    assert trigger["location"].upper() == graph.one("gcp:storage/bucket:Bucket", "input")["location"].upper()
    assert trigger["destination.cloudRunService.path"] == "/events"
    assert {"attribute": "bucket", "value": "podcast-input-dev"} in trigger["matchingCriterias"]


def test_the_controller_has_probes_and_is_always_on_unless_told_otherwise(graph: Graph) -> None:
    (service,) = graph.of("gcp:cloudrunv2/service:Service")
    (container,) = service["template.containers"]
    assert {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe")} == {"/health"}
    assert service["template.scaling.minInstanceCount"] == 1


def test_images_are_pushed_for_the_machines_that_run_them_and_never_built_by_a_preview(graph: Graph) -> None:
    for node in graph.of("docker:index/image:Image"):
        assert node["build.platform"] == "linux/amd64"
        assert (node["skipPush"], node["buildOnPreview"]) == (False, False)


def test_image_clean_up_never_touches_what_is_tagged(graph: Graph) -> None:
    policies = graph.one("Repository", "repository")["cleanupPolicies"]
    deleting = [policy for policy in policies if policy["action"] == "DELETE"]
    assert [policy["condition"]["tagState"] for policy in deleting] == ["UNTAGGED"]


def test_apis_stay_on_when_the_stack_is_destroyed(graph: Graph) -> None:
    assert {node["disableOnDestroy"] for node in graph.of("gcp:projects/service:Service")} == {False}


def test_a_budget_exists_where_a_billing_account_is_known(mode: str, graph: Graph) -> None:
    assert len(graph.of("Budget")) == ("budget" in mode)


def test_transcripts_are_kept_out_of_the_logs(graph: Graph) -> None:
    (exclusion,) = graph.of("ProjectExclusion")
    assert 'log_id("run.googleapis.com/stdout")' in exclusion["filter"]
