"""What only a real cloud would notice: each line of the program without which a deployed stack stands still."""

from __future__ import annotations

import functools
import json
import re

import pulumi._types as sdk_types
import pytest
from standin_clouds import schema
from support_graph import Graph, Node
from support_settings import GOOGLE_PROJECT, MODES, ROOT, declare, dev_settings

from shared.contract import STEPS

WORK = f"{GOOGLE_PROJECT}-podcast-work"
INPUT = "podcast-input-dev"


@functools.cache
def everything() -> Graph:
    people = {"operators": ["you@example.com"], "notification_emails": ["you@example.com"]}
    return declare(dev_settings(**MODES["pubsub-domain-discord-budget"], **people))


def the(kind: str) -> Node:
    (found,) = everything().of(kind)
    return found


def account(role: str) -> str:
    return f"podcast-{role}@{GOOGLE_PROJECT}.iam.gserviceaccount.com"


def controller() -> Node:
    return the("gcp:cloudrunv2/service:Service")


def url() -> str:
    return str(controller().outputs["uri"])


def pushes() -> list[Node]:
    found = [node for node in everything().of("Subscription") if "pushConfig" in node.inputs]
    assert len(found) == len(STEPS)
    return found


def test_every_bucket_is_open_to_exactly_those_who_need_it() -> None:
    agent = "service-123456789012@gcp-sa-aiplatform.iam.gserviceaccount.com"
    rights = {
        (node["bucket"], node["role"].removeprefix("roles/storage."), node["member"].partition(":")[2])
        for node in everything().of("BucketIAMMember")
    }
    assert rights == {
        *((WORK, "objectUser", account(role)) for role in ("controller", "fetch", "process", "upload", "notify")),
        # Gemini reads what it is to hear by its URI, as Vertex AI's agent.
        (WORK, "objectViewer", agent),
        *((INPUT, "objectViewer", account(role)) for role in ("controller", "fetch", "process")),
        (INPUT, "objectUser", "you@example.com"),
    }


def test_a_secret_is_opened_for_reading_its_value() -> None:
    assert {node["role"] for node in everything().of("SecretIamMember")} == {"roles/secretmanager.secretAccessor"}


def test_the_scheduler_calls_the_sweep_with_a_token_that_the_controller_takes() -> None:
    job = the("gcp:cloudscheduler/job:Job")
    assert job["httpTarget.uri"] == f"{url()}/sweep"
    assert job["httpTarget.httpMethod"] == "POST"
    assert job["httpTarget.oidcToken"] == {"audience": url(), "serviceAccountEmail": account("scheduler")}
    assert (job["schedule"], job["retryConfig.retryCount"]) == ("* * * * *", 0)


def test_a_push_brings_the_signal_itself_with_a_token_that_the_controller_takes() -> None:
    for node in pushes():
        assert node["pushConfig.pushEndpoint"] == f"{url()}/signals"
        assert node["pushConfig.oidcToken"] == {"audience": url(), "serviceAccountEmail": account("push")}
        # Unwrapped the body is the signal; the metadata's headers tell a push from a post.
        assert node["pushConfig.noWrapper"] == {"writeMetadata": True}


def test_a_push_has_time_and_patience_and_becomes_a_dead_letter_after_five_tries() -> None:
    for node in pushes():
        assert 30 <= node["ackDeadlineSeconds"] <= 600
        assert node["retryPolicy"] == {"minimumBackoff": "10s", "maximumBackoff": "600s"}
        assert node["deadLetterPolicy.maxDeliveryAttempts"] == 5


def test_no_subscription_expires_because_nothing_came_for_a_month() -> None:
    assert {node["expirationPolicy.ttl"] for node in everything().of("Subscription")} == {""}


def test_dead_letters_are_kept_for_a_week() -> None:
    dead = [node for node in everything().of("Subscription") if "pushConfig" not in node.inputs]
    assert {node["messageRetentionDuration"] for node in dead} == {f"{7 * 24 * 3600}s"}
    assert {node["topic"].rpartition("/")[2] for node in dead} == {f"{step.job_name}-dead" for step in STEPS}


def test_a_finished_upload_is_what_triggers_and_the_triggers_account_carries_it() -> None:
    trigger = the("Trigger")
    assert trigger["matchingCriterias"][0] == {
        "attribute": "type",
        "value": "google.cloud.storage.object.v1.finalized",
    }
    assert trigger["serviceAccount"] == account("trigger")
    assert trigger["destination.cloudRunService"] == {
        "service": "podcast-controller",
        "region": "asia-northeast1",
        "path": "/events",
    }


def test_the_controller_runs_as_itself_and_is_reached_from_outside_of_any_network() -> None:
    assert controller()["template.serviceAccount"] == account("controller")
    # Jobs have no network of their own here; IAM is the door.
    assert controller()["ingress"] == "INGRESS_TRAFFIC_ALL"
    assert controller()["template.scaling.maxInstanceCount"] >= 2


def test_the_controllers_cpu_is_paid_for_requests_only_and_there_at_once_when_it_starts() -> None:
    resources = controller()["template.containers.0.resources"]
    assert resources == {"limits": {"cpu": "1", "memory": "512Mi"}, "cpuIdle": True, "startupCpuBoost": True}


def dockerfile(target: str) -> str:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    (stage,) = re.findall(rf"^FROM runtime AS {target}\n(.*?)(?=^FROM|\Z)", text, re.MULTILINE | re.DOTALL)
    return str(stage)


def test_slow_requests_never_keep_the_controller_from_saying_that_it_lives() -> None:
    threads = re.search(r"--threads=(\d+)", dockerfile("controller"))
    assert threads
    assert int(threads[1]) > controller()["template.maxInstanceRequestConcurrency"]
    probe = controller()["template.containers.0.livenessProbe"]
    assert probe["timeoutSeconds"] >= 10
    assert probe["failureThreshold"] >= 3


def test_the_controller_listens_where_cloud_run_asks() -> None:
    container = controller()["template.containers.0"]
    port = int(container["ports"]["containerPort"])
    assert f"ENV PORT={port}\n" in dockerfile("controller")
    assert {container[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe")} == {port}


def test_a_cold_controller_has_two_minutes_to_start() -> None:
    probe = controller()["template.containers.0.startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 120


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_has_what_the_contract_says_and_one_task(step) -> None:
    job = everything().one("gcp:cloudrunv2/job:Job", f"job-{step.name}")
    limits = {"cpu": step.resources.cpu, "memory": step.resources.memory}
    assert job["template.template.containers.0.resources.limits"] == limits
    assert job["template.template.timeout"] == f"{step.resources.timeout_seconds}s"
    assert job["template.taskCount"] == 1


def test_what_pulumi_made_pulumi_may_remove_again() -> None:
    nodes = [controller(), *everything().of("gcp:cloudrunv2/job:Job")]
    assert {node["deletionProtection"] for node in nodes} == {False}


def told(node: Node) -> dict[str, str]:
    path = "template.template.containers.0.envs" if node.type.endswith("Job") else "template.containers.0.envs"
    return {each["name"]: each["value"] for each in node[path]}


OF_EVERY_DEPLOYABLE = {
    "PODCAST_BACKEND": "cloud",
    "PODCAST_PROJECT_ID": GOOGLE_PROJECT,
    "PODCAST_INPUT_BUCKET": INPUT,
    "PODCAST_WORK_BUCKET": WORK,
    "PODCAST_PUBLIC_URL": "https://podcast.example.com",
    "PODCAST_STACK": "dev",
}


def test_our_own_variables_say_what_is_so() -> None:
    for step, topic in zip(STEPS, ("process-job", "upload-job", "notify-job", None), strict=True):
        ours = {
            **OF_EVERY_DEPLOYABLE,
            "PODCAST_SIGNAL_URL": f"{url()}/signals",
            "PODCAST_COST_CAP_USD": "5.0",
            "PODCAST_FALLBACK_MODEL": "gemini-3.6-flash",
            **({"PODCAST_SIGNAL_TOPIC": f"projects/{GOOGLE_PROJECT}/topics/{topic}"} if topic else {}),
        }
        found = told(everything().one("gcp:cloudrunv2/job:Job", f"job-{step.name}"))
        assert {name: value for name, value in found.items() if name.startswith("PODCAST_")} == ours


def test_the_controller_is_told_what_is_so() -> None:
    found = told(controller())
    callers, timeouts = json.loads(found.pop("PODCAST_CALLERS")), json.loads(found.pop("PODCAST_STEP_TIMEOUTS"))
    assert found == {
        **OF_EVERY_DEPLOYABLE,
        "PODCAST_REGION": "asia-northeast1",
        "PODCAST_ORCHESTRATION": "pubsub",
        "PODCAST_SLOTS": "3",
    }
    assert timeouts == {step.name: step.resources.timeout_seconds for step in STEPS}
    assert (callers["events"], callers["sweep"]) == ([account("trigger")], [account("scheduler")])


def test_outside_dev_the_controller_knows_what_follows_the_names_of_its_jobs() -> None:
    prod = declare(dev_settings(), "prod")
    (service,) = prod.of("gcp:cloudrunv2/service:Service")
    suffix = told(service)["PODCAST_NAME_SUFFIX"]
    names = {node["name"] for node in prod.of("gcp:cloudrunv2/job:Job")}
    assert names == {step.job_name + suffix for step in STEPS}


def test_calls_count_against_the_stacks_own_project_and_everything_is_labelled() -> None:
    for name in ("google-first", "google"):
        provider = everything().one("pulumi:providers:gcp", name)
        assert provider["userProjectOverride"] == "true"
        assert provider["billingProject"] == provider["project"] == GOOGLE_PROJECT
        assert json.loads(provider["defaultLabels"]) == {"app": "podcast-automator", "stack": "dev"}


def test_every_api_is_on_before_anything_uses_it() -> None:
    on = {node["service"].removesuffix(".googleapis.com") for node in everything().of("gcp:projects/service:Service")}
    used = {"run", "eventarc", "pubsub", "storage", "aiplatform", "cloudscheduler", "secretmanager", "artifactregistry"}
    assert used | {"iam", "logging", "monitoring", "telemetry", "cloudresourcemanager", "billingbudgets"} <= on


def test_the_budget_speaks_up_early_enough_and_of_this_project_alone() -> None:
    budget = the("Budget")
    assert budget["budgetFilter"] == {"calendarPeriod": "MONTH", "projects": [f"projects/{GOOGLE_PROJECT}"]}
    assert budget["amount.specifiedAmount"] == {"units": "50"}
    assert [rule["thresholdPercent"] for rule in budget["thresholdRules"]] == [0.5, 0.9, 1.0, 1.0]
    assert budget["thresholdRules.3.spendBasis"] == "FORECASTED_SPEND"


def test_a_metric_counts_lines_and_one_carries_a_number() -> None:
    kinds = {
        node.name: (node["metricDescriptor.metricKind"], node["metricDescriptor.valueType"])
        for node in everything().of("gcp:logging/metric:Metric")
    }
    assert kinds.pop("under-way") == ("DELTA", "DISTRIBUTION")
    assert set(kinds.values()) == {("DELTA", "INT64")}


def test_a_grant_is_on_the_very_thing_that_it_is_about() -> None:
    """Names and places are optional in the SDK, and Google takes what it is given."""
    on_controller = {(node["name"], node["location"]) for node in everything().of("ServiceIamMember")}
    assert on_controller == {("podcast-controller", "asia-northeast1")}
    assert {node["location"] for node in everything().of("JobIamMember")} == {"asia-northeast1"}


def properties(node: Node) -> set[str]:
    return set(sdk_types.input_type_py_to_pulumi_names(schema.arguments_class(node.type)).values())


def made_of_google() -> list[Node]:
    return [node for node in everything().nodes if node.type.startswith("gcp:")]


def test_everything_that_has_a_place_is_told_the_stacks_own() -> None:
    placed = [(node, each) for node in made_of_google() for each in {"location", "region"} & properties(node)]
    assert len(placed) > 20
    assert {str(node.inputs.get(each)).lower() for node, each in placed} == {"asia-northeast1"}


def test_nothing_gets_a_name_that_pulumi_makes_up() -> None:
    """People, alerts and the doctor know things by their names."""
    for node in made_of_google():
        for each in {"name", "accountId", "secretId", "repositoryId", "displayName"} & properties(node):
            assert node.inputs.get(each), f"{node.type} {node.name} has no {each} of ours"
