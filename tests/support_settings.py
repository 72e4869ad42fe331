"""Stacks for tests: a configuration that is right, and the program declared over mocks as strict as the stand-ins."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import mocks, rpc
from standin_clouds import behaviour
from standin_clouds.provider import refusals
from support_graph import Graph, Node

from infra.config import StackConfig
from infra.program import define
from infra.stack_file import PROJECT, read_config
from shared.contract import STEPS, Step

ROOT = Path(__file__).resolve().parent.parent
GOOGLE_PROJECT = "my-project-123456"
ACCOUNT = "0123456789abcdef0123456789abcdef"
ZONE = "fedcba9876543210fedcba9876543210"
WEBHOOK = "https://discord.com/api/webhooks/123456789/a-secret-that-nobody-may-see"
BILLING_ACCOUNT = "012345-6789AB-CDEF01"

Settings = Mapping[str, Any]


def stack_file(name: str) -> dict[str, Any]:
    """The settings in the project's own `Pulumi.NAME.yaml`, by key."""
    config = yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text("utf-8"))["config"]
    return {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}


def dev_settings(**changes: Any) -> dict[str, Any]:
    """`Pulumi.dev.yaml` with its two placeholders replaced."""
    return {**stack_file("dev"), "project": GOOGLE_PROJECT, "cloudflare_account_id": ACCOUNT, **changes}


def _mode(orchestration: str, *, domain: bool, discord: bool, budget: bool) -> tuple[str, dict[str, Any]]:
    with_domain = {"domain": "podcast.example.com", "cloudflare_zone_id": ZONE} if domain else {}
    with_discord = {"discord_webhook": WEBHOOK} if discord else {}
    with_budget = {"billing_account": BILLING_ACCOUNT, "monthly_budget": 50} if budget else {}
    name = f"{orchestration}{'-domain' * domain}{'-discord' * discord}{'-budget' * budget}"
    return name, {"orchestration": orchestration, **with_domain, **with_discord, **with_budget}


MODES: dict[str, dict[str, Any]] = dict(
    _mode(orchestration, domain=domain, discord=discord, budget=budget)
    for orchestration in ("sequential", "pubsub")
    for domain in (False, True)
    for discord in (False, True)
    for budget in (False, True)
)
"""Every combination of what a stack may have or not."""


def pulumi_values(settings: Settings) -> dict[str, str]:
    """The settings as Pulumi hands them over."""
    return {
        f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()
    }


def read(
    settings: Settings, stack: str = "dev", *, root: Path = ROOT, encrypted: Sequence[str] = ("discord_webhook",)
) -> StackConfig:
    """The configuration, read as a program reads it."""
    return read_config(
        stack,
        pulumi_values(settings),
        {f"{PROJECT}:{key}" for key in encrypted},
        {"CLOUDFLARE_API_TOKEN": "for-tests"},
        root,
    )


def declare(settings: Settings, stack: str = "dev", *, steps: Sequence[Step] = STEPS, root: Path = ROOT) -> Graph:
    """The program declared over mocks. Raises AssertionError with everything that the clouds would refuse."""
    config = read(settings, stack, root=root)
    clouds = _Mocks()
    monitor = _Monitor(clouds)
    pulumi.runtime.set_mocks(clouds, project=PROJECT, stack=stack, preview=False, monitor=monitor)

    try:
        pulumi.runtime.test(lambda: define(config, steps=steps, root=root))()
    finally:
        # What was refused has no outputs; whatever fails after that is only a consequence.
        assert not clouds.refused, "\n".join(clouds.refused)
    return Graph(dataclasses.replace(node, **monitor.options.get(node.urn, {})) for node in clouds.nodes)


class _Monitor(mocks.MockMonitor):
    """Remembers of each resource what the engine is told beside its properties."""

    def __init__(self, clouds: mocks.Mocks) -> None:
        super().__init__(clouds)
        self.options: dict[str, dict[str, Any]] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's own name
        self.options[f"{request.type}::{request.name}"] = {
            "dependencies": tuple(request.dependencies),
            "ignores": tuple(request.ignoreChanges),
            "protect": request.protect,
        }
        return super().RegisterResource(request)


class _Mocks(mocks.Mocks):
    """Takes what the stand-ins take, and remembers it."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.refused: list[str] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs = _bare(args.inputs)
        outputs = dict(inputs)
        resource_id = args.name
        if args.custom and not args.typ.startswith("pulumi:providers:"):
            problems = refusals(args.typ, inputs)
            self.refused += [f"{args.typ} {args.name} {each.path}: {each.reason}" for each in problems]
            if not problems:
                if args.typ == "docker:index/image:Image":
                    inputs["build"]["contextDigest"] = "as-it-is"
                outputs = {**inputs, **behaviour.made(args.typ, inputs, GOOGLE_PROJECT)}
                ids = behaviour.IDS.get(args.typ)
                resource_id = ids(inputs, GOOGLE_PROJECT) if ids else args.name
        self.nodes.append(
            Node(
                urn=f"{args.typ}::{args.name}",
                type=args.typ,
                name=args.name,
                inputs=inputs,
                outputs=outputs,
                provider=args.provider or "",
            )
        )
        return resource_id, outputs

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        found = behaviour.answer(args.token, args.args, GOOGLE_PROJECT)
        if found is None:
            self.refused.append(f"{args.token} is unknown here")
        return found or {}, []


def _bare(value: Any) -> Any:
    """Without the marks of secrets."""
    if isinstance(value, Mapping):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return _bare(value["value"])
        return {name: _bare(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_bare(each) for each in value]
    return value
