"""A healthy stack for the doctor to look at: servers in the clouds' places, and every defect a line away."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response
from google.auth.credentials import Credentials
from google.cloud.run_v2 import (
    Condition,
    Container,
    EnvVar,
    Execution,
    ExecutionTemplate,
    Job,
    ResourceRequirements,
    Service,
    Task,
    TaskAttemptResult,
    TaskTemplate,
)
from google.oauth2.credentials import Credentials as PersonCredentials
from support_servers.discord import Discord, discord_server
from support_servers.faults import Faults, serving
from support_servers.fixtures import Cloud
from support_servers.google_apis import (
    NUMBER,
    OPERATOR,
    PLACE,
    PROJECT,
    REGION,
    GoogleApis,
    google_server,
    storage_agent,
)
from support_servers.metadata import IAM
from support_servers.secret_manager import Version

from controller.check import Check
from controller.stack.doctor.diagnose import diagnose
from controller.stack.doctor.google import Endpoints
from shared.contract import STEPS, Grant, Resource
from shared.deployment import (
    CONTROLLER_GRANTS,
    DEPLOYABLE_GRANTS,
    GOOGLE_APIS,
    SERVICE_AGENTS,
    DeployedStack,
    Orchestration,
    dead_letter_name,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECRET_KEY = "hunter2-for-R2"
WORK, INPUT = "a-project-podcast-work", "podcast-input-dev"
ROLES = ("controller", *(step.name for step in STEPS), "trigger", "scheduler", "push")


def email(role: str) -> str:
    return f"podcast-{role}@{PROJECT}.iam.gserviceaccount.com"


def member(role: str) -> str:
    return f"serviceAccount:{email(role)}"


def plain_stack(orchestration: Orchestration = "pubsub") -> DeployedStack:
    """What a stack's output says; nothing is there."""
    return DeployedStack(
        stack="dev",
        project=PROJECT,
        region=REGION,
        orchestration=orchestration,
        input_bucket=INPUT,
        work_bucket=WORK,
        public_bucket="podcast-dev",
        r2_endpoint="https://account.r2.example",
        controller="podcast-controller",
        controller_url="https://controller.example",
        feed_url="https://listen.example/feed.rss",
        site_url="https://listen.example/index.html",
        public_url="https://listen.example",
        jobs={step.name: step.job_name for step in STEPS},
        accounts={role: email(role) for role in ROLES if role != "push" or orchestration == "pubsub"},
        r2_keys_secret="podcast-r2-keys",
        discord_webhook_secret="podcast-discord-webhook",
        ai_model="gemini-3.8-flash",
        ai_fallback_model="gemini-3.6-flash",
        ai_location="global",
    )


@dataclass
class PublicSite:
    """The public address: what is served there, and whether another site's player may read it."""

    feed: bytes | None = b"<rss/>"
    cors: bool = True
    status: int = 404
    faults: Faults = field(init=False)

    def __post_init__(self) -> None:
        app = Flask(__name__)

        @app.get("/feed.rss")
        def feed() -> Response:
            answer = Response(self.feed or b"", self.status if self.feed is None else 200)
            if self.cors:
                answer.headers["Access-Control-Allow-Origin"] = "*"
            return answer

        self.faults = Faults(app)


@dataclass
class World:
    """Everything that the doctor looks at; a test changes one thing and looks what is told."""

    deployed: DeployedStack
    google: GoogleApis
    discord: Discord
    site: PublicSite
    iam: IAM
    controller: Faults
    r2: Cloud
    limit: float = 30.0

    def person(self) -> Credentials:
        """Somebody who has logged in with `gcloud auth application-default login`."""
        return PersonCredentials(
            None,
            refresh_token="a-refresh-token",
            token_uri=f"{self.google.address}/token",
            client_id="a-client",
            client_secret="a-client-secret",
        )

    def diagnose(self) -> list[Check]:
        return diagnose(
            self.deployed,
            endpoints=Endpoints(self.google.address),
            now=lambda: NOW,
            new_name=lambda: "a-name",
            limit=self.limit,
            log_in=self.person,
        )

    def faults(self) -> dict[str, Check]:
        """The lines that tell a fault, by their subject."""
        return {check.subject: check for check in self.diagnose() if check.fine is False}

    def only_fault(self) -> Check:
        """The one line that tells a fault; all others are fine."""
        checks = self.diagnose()
        others = [check for check in checks if check.fine is not True]
        assert len(others) == 1, others
        assert others[0].fine is False
        return others[0]

    def fault_and_untested(self) -> tuple[Check, dict[str, Check]]:
        """The one line that tells a fault, and the lines of what could not be tested because of it, by subject."""
        checks = self.diagnose()
        (fault,) = [check for check in checks if check.fine is False]
        return fault, {check.subject: check for check in checks if check.fine is None}

    def revoke(self, role: str, granted: str, resource: str) -> None:
        self.google.grants.remove((resource, granted, member(role)))

    def secret(self, name: str) -> list[Version]:
        return self.google.secrets.secrets[f"projects/{PROJECT}/secrets/{name}"]

    def execution(self, step: str, **changes: Any) -> Execution:
        """A new execution of the step's job, the newest one."""
        made = execution(step, self.deployed.jobs[step], **changes)
        self.google.executions[self.deployed.jobs[step]].insert(0, made)
        return made

    def failed(self, step: str, message: str = "", *, exit_code: int = 0, signal: int = 0, **changes: Any) -> Execution:
        """A new execution of the step's job that failed, and its task."""
        failed = Condition(type_="Completed", state=Condition.State.CONDITION_FAILED, message=message)
        changes.setdefault("conditions", [failed])
        made = self.execution(step, failed_count=1, succeeded_count=0, **changes)
        # Of a signal or an exit code at most one is set; the words stand in the status.
        last = TaskAttemptResult(status={"code": 2 if message else 0, "message": message})
        if exit_code:
            last.exit_code = exit_code
        if signal:
            last.term_signal = signal
        self.google.tasks[made.name] = Task(name=f"{made.name}/tasks/task0", last_attempt_result=last)
        return made


def execution(step: str, job: str, **changes: Any) -> Execution:
    limits = next(each.resources for each in STEPS if each.name == step)
    number = uuid.uuid4().hex[:5]
    fields: dict[str, Any] = {
        "name": f"{PLACE}/jobs/{job}/executions/{job}-{number}",
        "job": f"{PLACE}/jobs/{job}",
        "creator": email("controller"),
        "create_time": NOW - timedelta(hours=1),
        "start_time": NOW - timedelta(hours=1),
        "completion_time": NOW - timedelta(minutes=30),
        "task_count": 1,
        "succeeded_count": 1,
        "template": TaskTemplate(
            containers=[
                Container(
                    image="image@sha256:0",
                    args=["--job-id=1", "--attempt=1"],
                    env=[EnvVar(name="A", value="b")],
                    resources=ResourceRequirements(limits={"cpu": limits.cpu, "memory": limits.memory}),
                )
            ],
            timeout=timedelta(seconds=limits.timeout_seconds),
            service_account=email(step),
        ),
        "conditions": [
            Condition(type_="Completed", state=Condition.State.CONDITION_SUCCEEDED),
            Condition(type_="ResourcesAvailable", state=Condition.State.CONDITION_SUCCEEDED),
        ],
    }
    return Execution(**{**fields, **changes})


@contextmanager
def healthy(r2: Cloud, orchestration: Orchestration = "pubsub") -> Iterator[World]:
    """A stack in which nothing is wrong."""
    with ExitStack() as opened:
        google = opened.enter_context(google_server())
        discord = opened.enter_context(discord_server())
        site = PublicSite()
        site_address = opened.enter_context(serving(site.faults))
        service = Flask(__name__)
        service.get("/health")(lambda: {"status": "ok"})
        iam = IAM(service, {email("scheduler"), email("trigger"), email("push")})
        controller = Faults(iam)
        controller_address = iam.audience = opened.enter_context(serving(controller))
        deployed = plain_stack(orchestration).model_copy(
            update={
                "public_bucket": r2.bucket,
                "r2_endpoint": r2.endpoint,
                "controller_url": controller_address,
                "feed_url": f"{site_address}/feed.rss",
                "site_url": f"{site_address}/index.html",
                "public_url": site_address,
            }
        )
        _fill(google, deployed, discord)
        yield World(deployed, google, discord, site, iam, controller, r2)


def _fill(google: GoogleApis, deployed: DeployedStack, discord: Discord) -> None:
    google.enabled = set(GOOGLE_APIS)
    google.accounts = {each: {"email": each, "projectId": PROJECT} for each in deployed.accounts.values()}
    google.buckets = {INPUT: REGION.upper(), WORK: REGION.upper()}
    keys = {"access_key_id": "an-access-key", "secret_access_key": SECRET_KEY}
    google.secrets.add(PROJECT, deployed.r2_keys_secret, json.dumps(keys).encode())
    google.secrets.add(PROJECT, "podcast-discord-webhook", discord.url.encode())
    google.jobs = {step.job_name: _job(step.name, step.job_name) for step in STEPS}
    google.executions = {step.job_name: [execution(step.name, step.job_name)] for step in STEPS}
    revision = f"{PLACE}/services/podcast-controller/revisions/podcast-controller-00001-abc"
    google.service = Service(
        name=f"{PLACE}/services/podcast-controller",
        terminal_condition=Condition(type_="Ready", state=Condition.State.CONDITION_SUCCEEDED),
        latest_ready_revision=revision,
        latest_created_revision=revision,
    )
    google.triggers["podcast-recordings"] = {
        "name": f"{PLACE}/triggers/podcast-recordings",
        "eventFilters": [
            {"attribute": "type", "value": "google.cloud.storage.object.v1.finalized"},
            {"attribute": "bucket", "value": INPUT},
        ],
        "serviceAccount": email("trigger"),
        "destination": {"cloudRun": {"service": "podcast-controller", "path": "/events", "region": REGION}},
        "transport": {"pubsub": {"topic": "t", "subscription": "s"}},
    }
    google.scheduled["podcast-sweep"] = {
        "name": f"{PLACE}/jobs/podcast-sweep",
        "httpTarget": {"uri": f"{deployed.controller_url}/sweep", "httpMethod": "POST"},
        "schedule": "* * * * *",
        "state": "ENABLED",
        "status": {},
        "lastAttemptTime": (NOW - timedelta(seconds=40)).isoformat().replace("+00:00", ".123456Z"),
    }
    google.waiting = {dead_letter_name(topic): 0 for topic in deployed.jobs.values()}
    google.grants = _grants(deployed)


def _job(step: str, name: str) -> Job:
    ran = execution(step, name)
    return Job(
        name=f"{PLACE}/jobs/{name}",
        template=ExecutionTemplate(template=ran.template, task_count=1),
        terminal_condition=Condition(type_="Ready", state=Condition.State.CONDITION_SUCCEEDED),
    )


def _grants(deployed: DeployedStack) -> set[tuple[str, str, str]]:
    """What infra grants, written down once more: infra/permissions.py, events.py, sweep.py and step_topics.py."""
    project, pubsub = f"projects/{PROJECT}", deployed.orchestration == "pubsub"
    topics = [f"{project}/topics/{name}" for name in deployed.jobs.values()] if pubsub else []
    where = {
        Resource.PROJECT: [project],
        Resource.INPUT_BUCKET: [INPUT],
        Resource.WORK_BUCKET: [WORK],
        Resource.R2_KEYS_SECRET: [f"{project}/secrets/podcast-r2-keys"],
        Resource.DISCORD_WEBHOOK_SECRET: [f"{project}/secrets/podcast-discord-webhook"],
        Resource.CONTROLLER: [f"{PLACE}/services/podcast-controller"],
        Resource.STEP_JOBS: [f"{PLACE}/jobs/{name}" for name in deployed.jobs.values()],
        Resource.STEP_TOPICS: topics,
    }
    by_role: dict[str, list[Grant]] = {"controller": [*CONTROLLER_GRANTS, *DEPLOYABLE_GRANTS]}
    by_role |= {step.name: [*step.grants, *DEPLOYABLE_GRANTS] for step in STEPS}
    invoke = Grant("roles/run.invoker", Resource.CONTROLLER)
    by_role["trigger"] = [Grant("roles/eventarc.eventReceiver", Resource.PROJECT), invoke]
    by_role["scheduler"] = by_role["push"] = [invoke]
    grants = {
        (resource, grant.role, member(role))
        for role, each in by_role.items()
        for grant in each
        for resource in where[grant.on]
    }
    grants |= {
        (topic, "roles/pubsub.publisher", member(step.name)) for step, topic in zip(STEPS, topics[1:], strict=False)
    }
    agent = agent_of("pubsub")
    for topic in topics:
        subscription = topic.replace("/topics/", "/subscriptions/")
        grants.add((f"{topic}-dead", "roles/pubsub.publisher", agent))
        grants.add((f"{subscription}-push", "roles/pubsub.subscriber", agent))
    grants |= {(project, f"roles/{service}.serviceAgent", agent_of(service)) for service in SERVICE_AGENTS}
    return grants | {
        (project, "roles/owner", f"user:{OPERATOR}"),
        (project, "roles/pubsub.publisher", f"serviceAccount:{storage_agent()}"),
        (WORK, "roles/storage.objectViewer", agent_of("aiplatform")),
    }


def agent_of(service: str) -> str:
    """The service's agent as IAM writes it: https://cloud.google.com/iam/docs/service-agents."""
    return f"serviceAccount:service-{NUMBER}@gcp-sa-{service}.iam.gserviceaccount.com"
