"""Somebody operates a deployed stack from their own machine: the real command, the whole stack, IAM before it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import feedparser
import pytest
from moonshine_voice.utils import get_assets_path
from support_operator import Operator, events_of, operator_of
from support_stack import Stack, deployed

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
