"""The controller that stays: it watches, serves, survives a stop, and refuses a second one beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import feedparser
import pytest
from moonshine_voice.utils import get_assets_path
from support_published import environment, eventually, podcast, serving

SHORT = Path(get_assets_path()) / "beckett.wav"


def test_a_file_dropped_into_the_folder_is_published_and_served(tmp_path) -> None:
    with serving(tmp_path) as controller:
        shutil.copy(SHORT, tmp_path / "input" / "It's “one” 🎙.wav")
        (record,) = controller.ended(1)
        assert record["state"] == "completed"
        feed = feedparser.parse(controller.get("/site/feed.rss"))
        assert not feed.bozo
        (enclosure,) = feed.entries[0].enclosures
        path = enclosure.href.removeprefix(controller.url)
        assert len(controller.get(path)) == int(enclosure.length)
        assert feed.feed.title.encode() in controller.get("/site/")
        for page in ("/", record["episode_url"].removeprefix(controller.url), f"/jobs/{record['job_id']}/edit"):
            assert b"<h1" in controller.get(page), page


def test_a_bad_file_is_told_and_the_next_one_is_published(tmp_path) -> None:
    with serving(tmp_path) as controller:
        (tmp_path / "input" / "bad.mp3").write_bytes(b"not a sound")
        controller.ended(1)
        shutil.copy(SHORT, tmp_path / "input" / "good.wav")
        states = {record["source"]["object_name"]: record["state"] for record in controller.ended(2)}
        assert states == {"bad.mp3": "failed", "good.wav": "completed"}
        page = controller.get("/").decode()
        assert "bad.mp3" in page


def test_a_controller_that_was_stopped_goes_on_where_it_was(tmp_path) -> None:
    long_one = Path(get_assets_path()) / "two_cities.wav"
    with serving(tmp_path) as controller:
        shutil.copy(long_one, tmp_path / "input" / "long.wav")
        eventually(lambda: [each for each in controller.records() if each["state"] == "processing"])
    with serving(tmp_path) as controller:
        (record,) = controller.ended(1)
        assert record["state"] == "completed"
        assert record["steps"]["fetch"]["attempt"] == 1


def test_a_file_dropped_while_nobody_watched_is_published_at_the_next_start(tmp_path) -> None:
    (tmp_path / "input").mkdir()
    shutil.copy(SHORT, tmp_path / "input" / "early.wav")
    with serving(tmp_path) as controller:
        (record,) = controller.ended(1)
        assert record["state"] == "completed"


@pytest.fixture
def running(tmp_path):
    with serving(tmp_path) as controller:
        yield controller


def test_publish_leaves_the_work_to_a_controller_that_is_running(running) -> None:
    ran = podcast(running.data, "publish", SHORT, PODCAST_PORT=str(running.port))
    assert ran.returncode == 0, ran.stderr
    assert "running already" in ran.stdout
    assert len(running.records()) == 1


def test_a_second_controller_over_the_same_folder_is_refused(running) -> None:
    ran = podcast(running.data, "serve", PODCAST_PORT="1")
    assert ran.returncode == 1
    assert "another controller" in ran.stderr


def test_a_taken_port_is_named_with_what_to_do(running, tmp_path_factory) -> None:
    ran = podcast(tmp_path_factory.mktemp("other"), "serve", PODCAST_PORT=str(running.port))
    assert ran.returncode == 1
    assert str(running.port) in ran.stderr
    assert "PODCAST_PORT" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_two_publishers_at_once_both_end_whoever_leaves_first(tmp_path) -> None:
    other = Path(get_assets_path()) / "endgame_nagg_nell.wav"
    line = [sys.executable, "-m", "controller", "publish"]
    both = [
        subprocess.Popen(
            [*line, str(file)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(tmp_path)
        )
        for file in (SHORT, other)
    ]
    told = [process.communicate(timeout=240)[0].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert len(feedparser.parse((tmp_path / "public" / "feed.rss").read_bytes()).entries) == 2
