"""A deployed stack on this machine: every service a server on loopback, every job a process, IAM before the controller.

What infra would set up is set up here by hand: buckets, secrets, topics, accounts, and each program's environment.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from support_cloud import KEYS
from support_servers.cloud_run import CloudRun, cloud_run_server
from support_servers.collector import Collector, collector_server
from support_servers.discord import Discord, discord_server
from support_servers.faults import Faults, serving
from support_servers.fixtures import make_gcs_bucket, make_s3_bucket
from support_servers.metadata import IAM, metadata_server, token_for
from support_servers.pubsub import PROJECT, PubSub, Subscription, pubsub_server
from support_servers.secret_manager import secret_server

from controller.cloud import CloudController, build_cloud
from shared.cdn import R2Client
from shared.contract import STEPS, Step
from shared.deployment import SHOW_SETTINGS_KEY, Callers, Orchestration, dead_letter_name
from shared.models import PodcastProcessingJob
from shared.show import ShowSettings
from shared.storage import GCSClient, ObjectInfo

TRIGGER, SCHEDULER, PUSH = (
    f"podcast-{role}@{PROJECT}.iam.gserviceaccount.com" for role in ("trigger", "sched", "push")
)
R2_SECRET = "hunter2-for-R2"
_numbers = count(1)


def account(step: Step) -> str:
    return f"podcast-{step.name}@{PROJECT}.iam.gserviceaccount.com"


@dataclass
class Stack:
    """Everything, with the doors that a test looks through."""

    controller: CloudController
    before_controller: Faults
    iam: IAM
    address: str
    cloud_run: CloudRun
    discord: Discord
    pubsub: PubSub
    collector: Collector
    input: GCSClient
    work: GCSClient
    public: R2Client

    def finalized(self, name: str, content: bytes) -> str:
        """An object is dropped, and Eventarc tells the controller; returns the job's id."""
        return self.tell(self.input.write(name, content))

    def tell(self, info: ObjectInfo) -> str:
        """Eventarc tells the controller of what lies in the input bucket; returns the job's id."""
        event = {"bucket": self.input.bucket, "name": info.name, "generation": info.version, "size": str(info.size)}
        headers = {
            "ce-specversion": "1.0",
            "ce-id": f"event-{next(_numbers)}",
            "ce-source": f"//storage.googleapis.com/projects/_/buckets/{self.input.bucket}",
            "ce-type": "google.cloud.storage.object.v1.finalized",
        }
        answer = self._post("/events", TRIGGER, json.dumps(event).encode(), headers)
        return str(json.loads(answer)["job_id"])

    def sweep(self) -> None:
        """Cloud Scheduler's minute is over."""
        self._post("/sweep", SCHEDULER, b"", {})

    def _post(self, path: str, email: str, body: bytes, headers: dict[str, str]) -> bytes:
        token = token_for(email, self.address)
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", **headers}
        with urllib.request.urlopen(urllib.request.Request(self.address + path, body, sent)) as answer:
            return bytes(answer.read())

    def job(self, job_id: str) -> PodcastProcessingJob:
        known = self.controller.orchestrator.records.load(job_id)
        assert known is not None
        return known[0]

    def settle(self) -> None:
        """Returns when no job runs and no message waits to be pushed."""
        while True:
            self.cloud_run.wait()
            if not self.pubsub.push() and all(each.process.poll() is not None for each in self.cloud_run.executions):
                return

    def logs(self) -> str:
        """All that the jobs wrote to stderr. Their stdout is their result, which infra keeps out of the logs."""
        return "".join(path.read_text("utf-8") for path in sorted(self.cloud_run.logs.glob("*.log")))


@contextmanager
def deployed(
    folder: Path, gcs: str, s3: str, orchestration: Orchestration, *, vertex: str | None = None
) -> Iterator[Stack]:
    """A new stack over a GCS and an S3 that run already; the embedded analyst listens, or this `vertex`."""
    number = next(_numbers)
    input_bucket, work_bucket, public_bucket = (
        f"{name}-{os.getpid()}-{number}" for name in ("input", "work", "public")
    )
    for bucket in (input_bucket, work_bucket):
        make_gcs_bucket(gcs, bucket)
    make_s3_bucket(s3, public_bucket)
    with ExitStack() as opened:
        secrets = opened.enter_context(secret_server())
        discord = opened.enter_context(discord_server())
        pubsub = opened.enter_context(pubsub_server())
        collector = opened.enter_context(collector_server())
        keys = {"access_key_id": "key", "secret_access_key": R2_SECRET}
        secrets.add(PROJECT, "r2-keys", json.dumps(keys).encode())
        secrets.add(PROJECT, "webhook", discord.url.encode())
        everywhere = {
            "PODCAST_BACKEND": "cloud",
            "PODCAST_PROJECT_ID": PROJECT,
            "PODCAST_INPUT_BUCKET": input_bucket,
            "PODCAST_WORK_BUCKET": work_bucket,
            "PODCAST_PUBLIC_URL": "https://listen.example",
            "PODCAST_STACK": "dev",
            "PODCAST_GCS_ENDPOINT": gcs,
            "PODCAST_SECRETS_ENDPOINT": secrets.address,
            "PODCAST_PUBSUB_ENDPOINT": pubsub.address,
        }
        modules = {step.job_name: step.module for step in STEPS}
        ai = {"PODCAST_AI": "local"} if vertex is None else {"PODCAST_AI": "vertex", "GOOGLE_VERTEX_BASE_URL": vertex}
        by_us = {**ai, "PODCAST_COST_CAP_USD": "5"}
        for_jobs = {**os.environ, **everywhere, **collector.environment, **by_us}
        cloud_run = opened.enter_context(cloud_run_server(folder / "cloud-run", modules, for_jobs))
        controller = build_cloud(
            {
                **everywhere,
                "PODCAST_RUN_ENDPOINT": cloud_run.address,
                "PODCAST_REGION": "asia-northeast1",
                "PODCAST_ORCHESTRATION": orchestration,
                "PODCAST_SLOTS": "2",
                "PODCAST_STEP_TIMEOUTS": json.dumps({step.name: step.resources.timeout_seconds for step in STEPS}),
                "PODCAST_CALLERS": Callers(
                    events=(TRIGGER,), sweep=(SCHEDULER,), signals=(*map(account, STEPS), PUSH)
                ).model_dump_json(),
            }
        )
        iam = IAM(controller.app(), {TRIGGER, SCHEDULER, PUSH, *map(account, STEPS)})
        before_controller = Faults(iam)
        address = iam.audience = opened.enter_context(serving(before_controller))
        product = {
            "GCP_PROJECT_ID": PROJECT,
            "GCS_INPUT_BUCKET": input_bucket,
            "VERTEX_AI_MODEL": "gemini-3.8-flash",
            "VERTEX_AI_LOCATION": "global",
            "R2_ENDPOINT_URL": s3,
            "R2_BUCKET": public_bucket,
            "R2_KEYS_SECRET_NAME": "r2-keys",
            "DISCORD_WEBHOOK_SECRET_NAME": "webhook",
        }
        for step, following in zip(STEPS, [*STEPS[1:], None], strict=True):
            told = {name: product[name] for name, _, _ in step.environment.variables() if name in product}
            told["PODCAST_SIGNAL_URL"] = f"{address}/signals"
            if orchestration == "pubsub" and following is not None:
                told["PODCAST_SIGNAL_TOPIC"] = f"projects/{PROJECT}/topics/{following.job_name}"
            metadata = opened.enter_context(metadata_server(account(step)))
            cloud_run.own = {**cloud_run.own, step.job_name: {**told, **metadata.environment}}
            pubsub.subscribe(
                Subscription(
                    f"{step.job_name}-push",
                    step.job_name,
                    endpoint=f"{address}/signals",
                    token=lambda: token_for(PUSH, address),
                    dead_letter_topic=dead_letter_name(step.job_name),
                )
            )
        settings = controller.settings
        settings.work.write(SHOW_SETTINGS_KEY, ShowSettings().model_dump_json(exclude_none=True).encode())
        public = R2Client.connect(public_bucket, endpoint=s3, keys=KEYS)
        for each in (settings.input, settings.work, public):
            opened.enter_context(closing(each))
        yield Stack(
            controller=controller,
            before_controller=before_controller,
            iam=iam,
            address=address,
            cloud_run=cloud_run,
            discord=discord,
            pubsub=pubsub,
            collector=collector,
            input=settings.input,
            work=settings.work,
            public=public,
        )
