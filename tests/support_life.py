"""What becomes of stacks on the real engine, as a record that tests can ask.

    python tests/support_life.py FOLDER    lives through it all and writes FOLDER/record.json

It is a process of its own, since Pulumi's programs read their process's working folder and environment.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker
import pulumi_gcp as gcp
from pulumi import automation
from support_engine import Engine, Stack
from support_settings import ROOT, WEBHOOK, ZONE, dev_settings

from infra.program import main

Operations = dict[str, str]

CODE = "jobs/upload/feed.py"
NO_IMAGES_BUSINESS = (
    "README.md",
    "infra/alerts.py",
    "tests/test_it.py",
    "requirements/dev.txt",
    "shared/__pycache__/x.pyc",
    ".git/index",
)
"""Files of the checkout that reach no image (.dockerignore)."""


@dataclass(frozen=True)
class Record:
    """What happened."""

    first_preview: Operations
    up: Operations
    state: str
    state_file: str
    outputs: dict[str, str]
    secret_outputs: list[str]
    second_preview: Operations
    refresh: Operations
    changed_preview: Operations
    changed_up: Operations
    changed_state: str
    changed_apart_from_images: Operations
    changed_code: Operations
    changed_dockerfile: Operations
    destroy: Operations
    state_at_the_end: str
    production: Operations
    protected_in_production: list[str]
    wrong_setting: str
    refused_resource: str
    no_daemon: str


def live(engine: Engine) -> Record:
    """The stack `dev` from its first preview to its end, and a few that get no further than a preview."""
    stack = engine.stack("dev", lambda: main(engine.root), dev_settings(), {"discord_webhook": WEBHOOK})
    first_preview, up = stack.preview(), stack.up()
    state, state_file, outputs = stack.state(), stack.state_file(), stack.outputs()
    second_preview, refresh = stack.preview(), stack.refresh()
    stack.set("steps.process.memory", "8Gi")
    changed_preview, changed_up, changed_state = stack.preview(), stack.up(), stack.state()
    for name in NO_IMAGES_BUSINESS:
        _append(engine.root / name, "another line\n")
    changed_apart_from_images = stack.preview()
    _append(engine.root / CODE, "# another line\n")
    changed_code = stack.preview()
    _append(engine.root / "Dockerfile", "# another line\n")
    changed_dockerfile = stack.preview()
    production = _production(engine)
    return Record(
        first_preview=first_preview,
        up=up,
        state=state,
        state_file=state_file,
        outputs={name: _text(output.value) for name, output in outputs.items()},
        secret_outputs=[name for name, output in outputs.items() if output.secret],
        second_preview=second_preview,
        refresh=refresh,
        changed_preview=changed_preview,
        changed_up=changed_up,
        changed_state=changed_state,
        changed_apart_from_images=changed_apart_from_images,
        changed_code=changed_code,
        changed_dockerfile=changed_dockerfile,
        destroy=stack.destroy(),
        state_at_the_end=stack.state(),
        production=production.preview(),
        protected_in_production=production.protected,
        wrong_setting=_refusal(engine, "typo", lambda: main(engine.root), region="asia-northeast9"),
        refused_resource=_refusal(engine, "refused", _an_account_in_capitals),
        no_daemon=_refusal(engine, "daemon", _a_provider_that_wants_a_daemon),
    )


def _append(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as opened:
        opened.write(text)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _production(engine: Engine) -> Stack:
    settings = dev_settings(
        orchestration="pubsub",
        domain="podcast.example.com",
        cloudflare_zone_id=ZONE,
        billing_account="012345-6789AB-CDEF01",
        monthly_budget=50,
        protect=True,
        operators=["group:team@example.com"],
        notification_emails=["you@example.com"],
    )
    return engine.stack("prod", lambda: main(engine.root), settings, {"discord_webhook": WEBHOOK})


def _refusal(engine: Engine, name: str, program: Callable[[], None], **settings: str) -> str:
    try:
        engine.stack(name, program, dev_settings(**settings)).preview()
    except automation.CommandError as error:
        return str(error)
    return "it was not refused"


def _an_account_in_capitals() -> None:
    google = gcp.Provider("google", project="my-project-123456")
    gcp.serviceaccount.Account("shouting", account_id="LOUD", opts=pulumi.ResourceOptions(provider=google))


def _a_provider_that_wants_a_daemon() -> None:
    daemon = docker.Provider("docker")
    docker.Image("image", image_name="example.com/a:b", opts=pulumi.ResourceOptions(provider=daemon))


def run(folder: Path) -> None:
    """Lives through it all in this folder."""
    # For the program, and for the stand-in that asks for it too.
    os.environ["CLOUDFLARE_API_TOKEN"] = "a-token-for-tests"
    engine = Engine(folder / "engine")
    for name in ("Dockerfile", ".dockerignore", CODE):
        (engine.root / name).parent.mkdir(parents=True, exist_ok=True)
        (engine.root / name).write_bytes((ROOT / name).read_bytes())
    os.chdir(engine.program_folder)
    try:
        record = live(engine)
    finally:
        engine.close()
    (folder / "record.json").write_text(json.dumps(dataclasses.asdict(record)), "utf-8")


if __name__ == "__main__":
    run(Path(sys.argv[1]).absolute())
