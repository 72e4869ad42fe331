"""The command that proves a deployed stack, tried on commands and a feed of our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from smoke_cloud import LONGEST, SmokeError, smoke

from shared.deployment import DeployedStack
from shared.errors import PermanentError
from shared.identity import episode_id_of

START = 1_800_000_000.0
NAME = "smoke-1800000000.mp3"
WORD = "x"


class World:
    """A clock that waiting moves, a `pulumi`, a `podcast` that writes down what it was given, and a feed."""

    def __init__(self, folder: Path, server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = START
        self.folder, self.server = folder, server
        told: dict[str, object] = dict.fromkeys(DeployedStack.model_fields, WORD)
        told |= {"orchestration": "sequential", "jobs": {}, "accounts": {}, "input_bucket": "podcast-input-dev"}
        self.outputs = {"deployed": told | {"feed_url": server.url_for("/feed.rss")}}
        self.episode = folder / "talk.mp3"
        self.episode.write_bytes(b"sound")
        self.command("podcast", f'echo "$@" >> {folder}/asked; /bin/cat "$2" >> {folder}/sent')
        monkeypatch.setenv("PATH", str(folder))

    def command(self, name: str, script: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.folder / name).chmod(0o755)

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def smoke(self) -> str:
        (self.folder / "outputs").write_text(json.dumps(self.outputs))
        self.command("pulumi", f"/bin/cat {self.folder}/outputs")
        return smoke("dev", self.episode, now=lambda: self.time, wait=self.wait, podcast=self.folder / "podcast")


@pytest.fixture
def world(tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, httpserver, monkeypatch)


def test_a_recording_is_published_under_a_name_of_its_own_and_its_episode_found_in_the_feed(world: World) -> None:
    guid = episode_id_of("podcast-input-dev", NAME)
    # No feed before the first episode, then one without it, then one with it.
    for status, text in ((404, ""), (200, "<rss/>"), (200, f"<rss><guid>{guid}</guid></rss>")):
        world.server.expect_ordered_request("/feed.rss").respond_with_data(text, status=status)
    assert world.smoke() == world.server.url_for("/feed.rss")
    assert world.time == START + 20
    command, path, *rest = (world.folder / "asked").read_text().split()
    assert (command, Path(path).name, rest) == ("publish", NAME, ["--stack", "dev"])
    assert (world.folder / "sent").read_bytes() == b"sound"
    assert not Path(path).exists()


def test_an_episode_that_does_not_come_is_told_with_where_to_look(world: World) -> None:
    world.server.expect_request("/feed.rss").respond_with_data("<rss/>")
    with pytest.raises(SmokeError, match="podcast jobs --stack dev"):
        world.smoke()
    assert world.time - START == LONGEST


def test_a_feed_that_is_forbidden_is_told_at_once(world: World) -> None:
    world.server.expect_request("/feed.rss").respond_with_data("", status=403)
    with pytest.raises(SmokeError, match="answers 403; look at the R2 bucket"):
        world.smoke()


def test_a_stack_that_was_never_made_is_told_to_be_made(world: World) -> None:
    world.outputs = {}
    with pytest.raises(PermanentError) as caught:
        world.smoke()
    assert "pulumi up --stack dev" in (caught.value.advice or "")


def test_a_recording_that_is_not_published_ends_it_with_where_to_look(world: World) -> None:
    world.command("podcast", "echo 'talk.mp3: you may not' >&2; exit 1")
    with pytest.raises(SmokeError, match="podcast doctor --stack dev"):
        world.smoke()
