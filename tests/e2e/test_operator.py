"""Somebody operates a deployed stack from their own machine: the real command, the whole stack, IAM before it."""

from __future__ import annotations

import json
import re
import shutil
import socket
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
from moonshine_voice.utils import get_assets_path
from support_operator import Operator, events_of, interrupt, line_with, operator_of
from support_published import eventually
from support_stack import Stack, deployed

from shared.deployment import SHOW_SETTINGS_KEY
from shared.show import ShowSettings

SHORT = Path(str(get_assets_path())) / "beckett.wav"


@dataclass
class World:
    stack: Stack
    operator: Operator


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, gcs_address: str, s3_address: str) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("operated")
    with (
        deployed(folder, gcs_address, s3_address, "sequential") as stack,
        operator_of(stack, folder / "machine") as operator,
        events_of(stack),
    ):
        yield World(stack, operator)
        stack.settle()


def test_a_recording_becomes_a_public_episode_that_the_command_follows_and_reports(world: World) -> None:
    ran = world.operator.run("publish", SHORT, "--stack", "dev")
    assert (ran.returncode, ran.stderr) == (0, "")
    for step in ("fetch", "process", "upload", "notify"):
        assert re.search(rf"✓ {step}\s+succeeded\s+[\d.:]+", ran.stdout), ran.stdout
    assert "Summary" in ran.stdout
    assert "https://listen.example/feed.rss" in ran.stdout
    content, _ = world.stack.public.read("feed.rss")
    (episode,) = feedparser.parse(content).entries
    assert episode.title in ran.stdout

    again = world.operator.run("publish", SHORT, "--stack", "dev")
    assert (again.returncode, again.stderr) == (0, "")
    assert "there already" in again.stdout
    assert len(list(world.stack.input.list())) == 1

    jobs = world.operator.run("jobs", "--stack", "dev")
    (job_id,) = re.findall(r"^[0-9a-f-]{36}", jobs.stdout, re.MULTILINE)
    shown = world.operator.run("show", job_id[:8], "--stack", "dev")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert episode.title in shown.stdout
    assert f"labels.job_id%3D%22{job_id}%22" in shown.stdout


def test_what_fails_is_told_as_on_a_laptop_and_tried_again_from_its_step(world: World, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no sound " * 100)
    ran = world.operator.run("publish", bad, "no/such.mp3", "--stack", "dev")
    assert ran.returncode == 1
    assert "there is no such file" in ran.stderr
    (again,) = re.findall(r"Afterwards: podcast (retry \S+ --stack dev)", ran.stderr)
    retried = world.operator.run(*again.split())
    assert retried.returncode == 1
    assert again in retried.stderr
    assert "Traceback" not in retried.stderr + ran.stderr

    shutil.copy(SHORT, bad)
    mended = world.operator.run("publish", bad, "--stack", "dev")
    assert (mended.returncode, mended.stderr) == (0, "")
    assert "uploaded over an older recording" in mended.stdout


def test_who_stops_watching_leaves_the_cloud_at_work_and_a_draft_is_told_with_the_way_to_it(
    world: World, tmp_path: Path
) -> None:
    show = ShowSettings(publish="review")
    world.stack.work.write(SHOW_SETTINGS_KEY, show.model_dump_json(exclude_none=True).encode())
    file = tmp_path / "draft.wav"
    shutil.copy(SHORT, file)
    watching = world.operator.start("publish", file, "--stack", "dev")
    line_with("uploaded", watching)
    _, told = interrupt(watching)
    assert watching.returncode == 130
    assert "the cloud goes on with it. Look: podcast jobs --stack dev" in told
    assert "Traceback" not in told

    again = world.operator.run("publish", file, "--stack", "dev")
    assert (again.returncode, again.stderr) == (0, "")
    assert "draft.wav waits for your review; open its dashboard: podcast dashboard --stack dev" in again.stdout


def test_the_dashboard_is_served_to_this_machine_until_it_is_stopped(world: World) -> None:
    serving = world.operator.start("dashboard", "--stack", "dev")
    address = line_with("Dashboard", serving).split()[1]
    port = int(urlsplit(address).port or 0)
    with urllib.request.urlopen(address) as answer:
        assert "draft.wav" in answer.read().decode()
    request = urllib.request.Request(
        f"{address}upload?name=dropped.wav", SHORT.read_bytes(), {"Accept": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        (received,) = json.loads(answer.read())["files"]
    eventually(lambda: world.stack.controller.orchestrator.records.load(received["job_id"]))
    printed, told = interrupt(serving)
    assert (serving.returncode, told) == (0, "")
    assert world.operator.email in printed
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_whom_nobody_named_an_operator_is_told_what_to_do(world: World) -> None:
    world.stack.iam.invokers.discard(world.operator.email)
    try:
        for command in (["jobs"], ["dashboard"], ["show", "x"], ["retry", "x"]):
            ran = world.operator.run(*command, "--stack", "dev")
            assert ran.returncode == 1
            assert f"{world.operator.email} may not use the controller of dev" in ran.stderr
            assert "operators" in ran.stderr
            assert len(ran.stderr.splitlines()) == 1
    finally:
        world.stack.iam.invokers.add(world.operator.email)


def test_a_file_stands_for_the_stack_on_a_machine_without_pulumi(world: World) -> None:
    world.operator.pulumi("exit 127")
    try:
        path = world.operator.folder / "dev.json"
        path.write_text(json.dumps(world.operator.outputs["deployed"]))
        ran = world.operator.run("jobs", "--stack", path)
    finally:
        world.operator.pulumi('cat "$OUTPUTS"')
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "completed" in ran.stdout


def test_no_identity_token_was_ever_printed(world: World) -> None:
    ran = world.operator.run("jobs", "--stack", "dev")
    assert world.operator.tokens.given
    printed = ran.stdout + ran.stderr + world.stack.logs()
    assert not any(token in printed for token in world.operator.tokens.given)
