"""One defect at a time: its own line tells it, with what mends it, and no other line does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from google.cloud.run_v2 import Condition
from support_cloud import r2_client
from support_doctor import INPUT, NOW, WORK, World, agent_of, email
from support_servers.faults import Answer
from support_servers.google_apis import NUMBER, OPERATOR, PLACE, PROJECT, storage_agent
from support_servers.proxy import says

from shared.deployment import SERVICE_AGENTS

STEP_NAMES = ("fetch", "process", "upload", "notify")
UP = "pulumi up --refresh --stack dev"
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
SECRETS = {"Secret with R2's keys", "R2"}


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong, the line that must tell it, its fix, and what cannot be tested because of it."""

    plant: Callable[[World], Any]
    subject: str
    fix: str
    untested: set[str] = field(default_factory=set)


def change(**changes: Any) -> Callable[[World], None]:
    """The stack's output says something else."""

    def plant(world: World) -> None:
        world.deployed = world.deployed.model_copy(update=changes)

    return plant


def without_account(world: World) -> None:
    del world.google.accounts[email("notify")]


def disabled_account(world: World) -> None:
    world.google.accounts[email("trigger")]["disabled"] = True


def revoked(role: str, granted: str, resource: str) -> Callable[[World], None]:
    return lambda world: world.revoke(role, granted, resource)


def secret(name: str, data: bytes) -> Callable[[World], object]:
    return lambda world: world.google.secrets.add(PROJECT, name, data)


def job_condition(job: str, reason: str | None, message: str) -> Callable[[World], None]:
    def plant(world: World) -> None:
        condition = Condition(type_="Ready", state=Condition.State.CONDITION_FAILED, message=message)
        if reason:
            condition.reason = getattr(Condition.CommonReason, reason)
        world.google.jobs[job].terminal_condition = condition

    return plant


def service_that_listens_nowhere(world: World) -> None:
    assert world.google.service is not None
    world.google.service.terminal_condition = Condition(
        type_="Ready",
        state=Condition.State.CONDITION_FAILED,
        message="Revision 'podcast-controller-00002-xyz' is not ready and cannot serve traffic. The user-provided "
        "container failed to start and listen on the port defined provided by the PORT=8080 environment variable.",
        revision_reason=Condition.RevisionReason.HEALTH_CHECK_CONTAINER_ERROR,
    )
    world.google.service.latest_created_revision = (
        f"{PLACE}/services/podcast-controller/revisions/podcast-controller-00002-xyz"
    )


def trigger_to(**changes: Any) -> Callable[[World], None]:
    return lambda world: world.google.triggers["podcast-recordings"].update(changes)


def sweep_with(**changes: Any) -> Callable[[World], None]:
    return lambda world: world.google.scheduled["podcast-sweep"].update(changes)


def forgets(grant: tuple[str, str, str]) -> Callable[[World], None]:
    return lambda world: world.google.grants.remove(grant)


def unmatched_executions(world: World) -> None:
    made = world.execution("process", create_time=NOW)
    made.template.containers[0].args = []


def closed_to_the_public(world: World) -> None:
    world.site.feed, world.site.status = None, 401


def feed_without_public_door(world: World) -> None:
    r2_client(world.r2).write("feed.rss", b"<rss/>")
    world.site.feed = None


JOBS, TOPICS = f"{PLACE}/jobs", f"projects/{PROJECT}/topics"
PUBSUB_AGENT = f"serviceAccount:service-{NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com"
VERTEX_AGENT = f"serviceAccount:service-{NUMBER}@gcp-sa-aiplatform.iam.gserviceaccount.com"
CONTROLLER = f"{PLACE}/services/podcast-controller"

DEFECTS: dict[str, Defect] = {
    "the project is being deleted": Defect(
        lambda world: setattr(world.google, "state", "DELETE_REQUESTED"),
        "Project",
        "gcloud projects undelete a-project",
    ),
    "an API is off": Defect(
        lambda world: world.google.enabled.remove("telemetry"),
        "APIs",
        "gcloud services enable telemetry.googleapis.com --project=a-project",
    ),
    "the API of the trigger is off": Defect(
        lambda world: world.google.enabled.remove("eventarc"),
        "APIs",
        "gcloud services enable eventarc.googleapis.com --project=a-project",
        {"Trigger"},
    ),
    "an account is gone": Defect(
        without_account,
        "Account of notify",
        UP,
        {
            "notify: secretmanager.secretAccessor on discord webhook secret",
            "notify: storage.objectUser on work bucket",
            "notify: run.invoker on controller",
            "notify: telemetry.tracesWriter on project",
            "Secret with the webhook",
            "Discord",
        },
    ),
    "an account is disabled": Defect(
        disabled_account,
        "Account of trigger",
        f"gcloud iam service-accounts enable {email('trigger')} --project=a-project",
        {"trigger: eventarc.eventReceiver on project", "trigger: run.invoker on controller"},
    ),
    "the operator may not act as an account": Defect(
        lambda world: world.google.locked.add(email("push")),
        "Account of push",
        f"gcloud iam service-accounts add-iam-policy-binding {email('push')} --member=user:{OPERATOR} "
        "--role=roles/iam.serviceAccountTokenCreator --project=a-project",
        {"push: run.invoker on controller"},
    ),
    "the input bucket is gone": Defect(
        lambda world: world.google.buckets.pop(INPUT),
        "Input bucket",
        UP,
        {
            "Trigger",
            *(f"{role}: storage.objectViewer on input bucket" for role in ("controller", "fetch", "process")),
        },
    ),
    "the work bucket is gone": Defect(
        lambda world: world.google.buckets.pop(WORK),
        "Work bucket",
        UP,
        {"Vertex AI's agent", *(f"{role}: storage.objectUser on work bucket" for role in ("controller", *STEP_NAMES))},
    ),
    "fetch-job may not read recordings": Defect(
        revoked("fetch", "roles/storage.objectViewer", INPUT), "fetch: storage.objectViewer on input bucket", UP
    ),
    "upload-job may not write results": Defect(
        revoked("upload", "roles/storage.objectUser", WORK), "upload: storage.objectUser on work bucket", UP
    ),
    "notify-job may not send its signal": Defect(
        revoked("notify", "roles/run.invoker", CONTROLLER), "notify: run.invoker on controller", UP
    ),
    "process-job may not ask the model": Defect(
        revoked("process", "roles/aiplatform.user", f"projects/{PROJECT}"),
        "process: aiplatform.user on project",
        UP,
        {"Model gemini-3.8-flash", "Model gemini-3.6-flash"},
    ),
    "upload-job may not read R2's keys": Defect(
        revoked("upload", "roles/secretmanager.secretAccessor", f"projects/{PROJECT}/secrets/podcast-r2-keys"),
        "upload: secretmanager.secretAccessor on r2 keys secret",
        UP,
        SECRETS,
    ),
    "notify-job may not read the webhook": Defect(
        revoked("notify", "roles/secretmanager.secretAccessor", f"projects/{PROJECT}/secrets/podcast-discord-webhook"),
        "notify: secretmanager.secretAccessor on discord webhook secret",
        UP,
        {"Secret with the webhook", "Discord"},
    ),
    "the controller may not start one job": Defect(
        revoked("controller", "roles/run.jobsExecutorWithOverrides", f"{JOBS}/upload-job"),
        "controller: run.jobsExecutorWithOverrides on step jobs",
        UP,
    ),
    "the controller may not read one job's executions": Defect(
        revoked("controller", "roles/run.viewer", f"{JOBS}/process-job"), "controller: run.viewer on step jobs", UP
    ),
    "a step may not publish to the next one's topic": Defect(
        revoked("process", "roles/pubsub.publisher", f"{TOPICS}/upload-job"),
        "process: pubsub.publisher on step topics",
        UP,
    ),
    "the trigger may not receive events": Defect(
        revoked("trigger", "roles/eventarc.eventReceiver", f"projects/{PROJECT}"),
        "trigger: eventarc.eventReceiver on project",
        UP,
    ),
    "the scheduler may not call the controller": Defect(
        revoked("scheduler", "roles/run.invoker", CONTROLLER),
        "scheduler: run.invoker on controller",
        UP,
        {"Controller's health"},
    ),
    "traces may not be written": Defect(
        revoked("fetch", "roles/telemetry.tracesWriter", f"projects/{PROJECT}"),
        "fetch: telemetry.tracesWriter on project",
        UP,
    ),
    "R2's keys have no version": Defect(
        lambda world: world.secret("podcast-r2-keys").clear(), "Secret with R2's keys", UP, {"R2"}
    ),
    "the newest version of R2's keys is disabled": Defect(
        lambda world: setattr(world.secret("podcast-r2-keys")[-1], "state", "DISABLED"),
        "Secret with R2's keys",
        "gcloud secrets versions list podcast-r2-keys --project=a-project",
        {"R2"},
    ),
    "R2's keys are no key pair": Defect(
        secret("podcast-r2-keys", b'{"access_key_id": "only-half-of-it"}'), "Secret with R2's keys", UP, {"R2"}
    ),
    "the webhook is no webhook": Defect(
        secret("podcast-discord-webhook", b"https://discord.example/not-a-webhook"),
        "Secret with the webhook",
        "pulumi config set --secret discord_webhook --stack dev",
        {"Discord"},
    ),
    "the R2 bucket is gone": Defect(change(public_bucket="podcast-nowhere"), "R2", UP),
    "R2 refuses the keys": Defect(
        lambda world: world.r2.proxy.misbehave(says(403, body=DENIED), for_ever=True), "R2", "**:AccountToken::token"
    ),
    "the public address is shut": Defect(
        closed_to_the_public,
        "Public address",
        UP,
        {"Players on other sites"},
    ),
    "the public address serves another bucket": Defect(
        feed_without_public_door, "Public address", UP, {"Players on other sites"}
    ),
    "the public address has no name": Defect(
        change(feed_url="https://podcast.invalid/feed.rss"),
        "Public address",
        "Custom Domains",
        {"Players on other sites"},
    ),
    "the public address has no certificate": Defect(
        lambda world: change(feed_url=world.deployed.feed_url.replace("http://", "https://"))(world),
        "Public address",
        "Custom Domains",
        {"Players on other sites"},
    ),
    "other sites' players are kept out": Defect(
        lambda world: setattr(world.site, "cors", False), "Players on other sites", UP
    ),
    "the model is not in its location": Defect(
        change(ai_model="gemini-9.9-flash"),
        "Model gemini-9.9-flash",
        "pulumi config set ai_location global --stack dev",
    ),
    "the fallback model is not in its location": Defect(
        change(ai_fallback_model="gemini-9.9-flash"),
        "Model gemini-9.9-flash",
        "pulumi config set ai_fallback_model MODEL --stack dev",
    ),
    "Vertex AI may not read recordings": Defect(
        forgets((WORK, "roles/storage.objectViewer", VERTEX_AGENT)), "Vertex AI's agent", UP
    ),
    "the webhook was deleted": Defect(
        lambda world: setattr(world.discord, "deleted", True),
        "Discord",
        "pulumi config set --secret discord_webhook --stack dev",
    ),
    "the webhook's token was changed": Defect(
        lambda world: setattr(world.discord, "token", "another-token"),
        "Discord",
        "pulumi config set --secret discord_webhook --stack dev",
    ),
    "a job is gone": Defect(
        lambda world: world.google.jobs.pop("notify-job"),
        "Job notify-job",
        UP,
        {"Executions of notify-job", "Arguments of executions", "controller: run.viewer on step jobs"},
    ),
    "a job's image is gone": Defect(
        job_condition("fetch-job", "CONTAINER_MISSING", "Image 'asia-docker.pkg.dev/x' not found."),
        "Job fetch-job",
        f"{UP}   (pushes the image again)",
    ),
    "a job's image may not be pulled": Defect(
        job_condition("fetch-job", "CONTAINER_PERMISSION_DENIED", "Cloud Run must have permission to read the image."),
        "Job fetch-job",
        "gcloud artifacts repositories add-iam-policy-binding podcast --location=asia-northeast1 --project=a-project "
        f"--member=serviceAccount:service-{NUMBER}@serverless-robot-prod.iam.gserviceaccount.com "
        "--role=roles/artifactregistry.reader",
    ),
    "whoever deployed may not attach the account": Defect(
        job_condition("upload-job", None, "Permission 'iam.serviceaccounts.actAs' denied on service account x"),
        "Job upload-job",
        f"gcloud iam service-accounts add-iam-policy-binding {email('upload')} --member=user:{OPERATOR} "
        "--role=roles/iam.serviceAccountUser --project=a-project",
    ),
    "a step ran out of memory": Defect(
        lambda world: world.failed("process", "The configured memory limit was reached.", signal=9),
        "Executions of process-job",
        "pulumi config set --path steps.process.memory 8Gi --stack dev && pulumi up --stack dev",
    ),
    "a step was killed without a word": Defect(
        lambda world: world.failed("fetch", exit_code=137),
        "Executions of fetch-job",
        "pulumi config set --path steps.fetch.memory 1Gi --stack dev",
    ),
    "a step ran out of time": Defect(
        lambda world: world.failed("process", "The configured timeout was reached."),
        "Executions of process-job",
        "pulumi config set --path steps.process.timeout_minutes 240 --stack dev && pulumi up --stack dev",
    ),
    "an execution never started": Defect(
        lambda world: world.failed("notify", "Image 'asia-docker.pkg.dev/x' not found"),
        "Executions of notify-job",
        f"{UP}   (pushes the image again)",
    ),
    "executions do not show their arguments": Defect(unmatched_executions, "Arguments of executions", "docs/adr/0502"),
    "the controller listens nowhere": Defect(
        service_that_listens_nowhere,
        "Controller",
        "gcloud logging read 'resource.labels.service_name=\"podcast-controller\" AND severity>=ERROR'",
    ),
    "the controller is gone": Defect(lambda world: setattr(world.google, "service", None), "Controller", UP),
    "IAM keeps the scheduler out all the same": Defect(
        lambda world: world.iam.invokers.remove(email("scheduler")), "Controller's health", UP
    ),
    "the controller is ill": Defect(
        lambda world: setattr(world.controller, "forever", Answer(503)), "Controller's health", "gcloud logging read"
    ),
    "the trigger is gone": Defect(lambda world: world.google.triggers.clear(), "Trigger", UP),
    "the trigger watches another bucket": Defect(
        trigger_to(eventFilters=[{"attribute": "bucket", "value": "another"}]), "Trigger", UP
    ),
    "the trigger is in trouble": Defect(
        trigger_to(conditions={"topic": {"code": "NOT_FOUND", "message": "The topic was deleted."}}), "Trigger", UP
    ),
    "the bucket is elsewhere than the trigger": Defect(
        lambda world: world.google.buckets.update({INPUT: "US-CENTRAL1"}),
        "Trigger",
        "pulumi config set region us-central1 --stack dev",
    ),
    **{
        f"the agent of {service} has no role": Defect(
            forgets((f"projects/{PROJECT}", f"roles/{service}.serviceAgent", agent_of(service))),
            "Google's agents",
            UP,
        )
        for service in SERVICE_AGENTS
    },
    "Cloud Storage may not tell of recordings": Defect(
        forgets((f"projects/{PROJECT}", "roles/pubsub.publisher", f"serviceAccount:{storage_agent()}")),
        "Cloud Storage's agent",
        UP,
    ),
    "the sweep is gone": Defect(lambda world: world.google.scheduled.clear(), "Sweep", UP),
    "the sweep is paused": Defect(
        sweep_with(state="PAUSED"),
        "Sweep",
        "gcloud scheduler jobs resume podcast-sweep --location=asia-northeast1 --project=a-project",
    ),
    "the sweep fails": Defect(sweep_with(status={"code": 13}), "Sweep", "gcloud logging read"),
    "the sweep is late": Defect(
        sweep_with(lastAttemptTime=(NOW - timedelta(hours=1)).isoformat().replace("+00:00", "Z")), "Sweep", UP
    ),
    "dead letters wait": Defect(
        lambda world: world.google.waiting.update({"upload-job-dead": 3}),
        "Dead letters",
        "podcast dead-letters --stack dev --put-back",
    ),
    "Pub/Sub may not take what it is to bury": Defect(
        forgets((f"projects/{PROJECT}/subscriptions/fetch-job-push", "roles/pubsub.subscriber", PUBSUB_AGENT)),
        "Pub/Sub's agent",
        UP,
    ),
    "Pub/Sub may not bury": Defect(
        forgets((f"{TOPICS}/fetch-job-dead", "roles/pubsub.publisher", PUBSUB_AGENT)), "Pub/Sub's agent", UP
    ),
}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS.keys())
def test_a_defect_is_told_by_its_own_line_alone_with_what_mends_it(world: World, defect: Defect) -> None:
    defect.plant(world)
    fault, untested = world.fault_and_untested()
    assert fault.subject == defect.subject
    assert fault.fix is not None
    assert defect.fix in fault.fix
    assert untested.keys() == defect.untested
    # The operator is the project's owner: nothing is untested for want of their own rights.
    assert not [check for check in untested.values() if "add-iam-policy-binding" in (check.fix or "")]
