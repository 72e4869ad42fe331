"""`podcast doctor --stack dev` as a person runs it: a process of its own, Pulumi on PATH, credentials in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support_doctor import SECRET_KEY, World, healthy
from support_servers.fixtures import Cloud
from support_servers.google_apis import OPERATOR
from support_servers.vertex import service_account

PODCAST = Path(sys.executable).with_name("podcast")


@pytest.fixture
def world(r2_cloud: Cloud) -> Iterator[World]:
    with healthy(r2_cloud) as world:
        # A command knows only today's time.
        world.google.scheduled["podcast-sweep"]["lastAttemptTime"] = "2999-01-01T00:00:00Z"
        yield world


def podcast(world: World, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command; the `pulumi` on its PATH tells of the world's stack and writes down what it was asked."""
    (folder / "outputs.json").write_text(json.dumps({"deployed": world.deployed.model_dump(mode="json")}))
    pulumi = folder / "pulumi"
    pulumi.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\ncat {folder}/outputs.json\n')
    pulumi.chmod(0o755)
    key = folder / "operator.json"
    key.write_text(json.dumps({**service_account(f"{world.google.address}/token"), "client_email": OPERATOR}))
    return subprocess.run(
        [str(PODCAST), "doctor", *arguments, "--google", world.google.address],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "GOOGLE_APPLICATION_CREDENTIALS": str(key)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_healthy_stack_ends_with_0_and_a_line_for_everything(world: World, tmp_path: Path) -> None:
    ran = podcast(world, tmp_path, "--stack", "dev")
    assert (ran.stderr, ran.returncode) == ("", 0)
    lines = ran.stdout.splitlines()
    assert lines
    assert all(line.startswith("✓ ") for line in lines)
    assert f"✓ Your account: {OPERATOR}" in lines
    assert "--stack dev" in (tmp_path / "asked").read_text()


def test_a_fault_ends_with_1_and_its_fix_is_whole_on_one_line(world: World, tmp_path: Path) -> None:
    world.failed("process", "The configured memory limit was reached.", signal=9)
    newest: list[Any] = list(world.google.executions["process-job"])
    for each in newest:
        each.create_time = "2998-01-01T00:00:00Z"
    ran = podcast(world, tmp_path, "--stack", "dev")
    assert ran.returncode == 1
    told = [line for line in ran.stdout.splitlines() if not line.startswith("✓ ")]
    assert told == [
        "✗ Executions of process-job: 1 of 2 since yesterday failed: 1 out of memory",
        "  → pulumi config set --path steps.process.memory 8Gi --stack dev && pulumi up --stack dev",
    ]


def test_nothing_secret_is_printed_whatever_fails(world: World, tmp_path: Path) -> None:
    world.google.secrets.add("a-project", "podcast-r2-keys", json.dumps({"secret_access_key": SECRET_KEY}).encode())
    world.discord.deleted = True
    world.iam.invokers.clear()
    ran = podcast(world, tmp_path, "--stack", "dev")
    assert ran.returncode == 1
    printed = ran.stdout + ran.stderr
    for secret in (SECRET_KEY, world.discord.token, "token-of-", "eyJ", "PRIVATE KEY"):
        assert secret not in printed
    assert "Traceback" not in printed


def test_without_a_stack_it_looks_at_this_machine(tmp_path: Path) -> None:
    ran = subprocess.run(
        [str(PODCAST), "doctor"],
        env=os.environ | {"PODCAST_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.startswith("✓ Python: 3.")
    assert "Cloud" not in ran.stdout
