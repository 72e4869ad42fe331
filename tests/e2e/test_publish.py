"""An episode dropped in a folder becomes a published episode: the whole program, real speech, real processes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import feedparser
import jiwer
import podcastparser
import pytest
from moonshine_voice.utils import get_assets_path
from support_published import podcast

SPOKEN = """
It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was
the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of Darkness, it was
the spring of hope, it was the winter of despair, we had everything before us, we had nothing before us, we were all
going direct to Heaven, we were all going direct the other way – in short, the period was so far like the present
period, that some of its noisiest authorities insisted on its being received, for good or for evil, in the superlative
degree of comparison only.
"""
"""What the speaker of the sample reads: the opening of A Tale of Two Cities (Dickens, 1859)."""


def words(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    data = tmp_path_factory.mktemp("show")
    ran = podcast(data, "publish", "--sample")
    assert ran.returncode == 0, ran.stderr
    (folder,) = (data / "public" / "podcasts").iterdir()
    metadata = json.loads((folder / "metadata.json").read_text("utf-8"))
    return SimpleNamespace(data=data, ran=ran, folder=folder, metadata=metadata)


def test_real_speech_is_written_down_with_at_most_one_word_in_ten_wrong(published) -> None:
    heard = json.loads((published.folder / "transcript.json").read_text("utf-8"))
    text = " ".join(segment["body"] for segment in heard["segments"])
    assert jiwer.wer(words(SPOKEN), words(text)) <= 0.10


def test_the_report_tells_title_summary_files_and_address(published) -> None:
    report = " ".join(published.ran.stdout.split())
    (record,) = (published.data / "work" / "records").glob("*.json")
    job = json.loads(record.read_text())
    for word in [job["title"], "Summary", str(published.folder.name), job["episode_url"]]:
        assert word in report


def test_every_step_is_reported_with_its_time(published) -> None:
    for step in ["fetch", "process", "upload", "notify"]:
        assert re.search(rf"✓ {step}\s+succeeded\s+[\d.:]+", published.ran.stdout)


def test_the_episode_has_every_file_that_the_layout_promises(published) -> None:
    promised = {"audio.mp3", "metadata.json", "feed.rss", "transcript.vtt", "transcript.srt", "transcript.json"}
    assert promised | {"chapters.json", "index.html"} <= {path.name for path in published.folder.iterdir()}
    assert {"feed.rss", "index.html"} <= {path.name for path in (published.data / "public").iterdir()}


def test_the_feed_reads_without_a_warning(published) -> None:
    feed = (published.data / "public" / "feed.rss").read_bytes()
    parsed = feedparser.parse(feed)
    assert not parsed.bozo
    assert len(parsed.entries) == 1
    with (published.data / "public" / "feed.rss").open("rb") as stream:
        (episode,) = podcastparser.parse("http://127.0.0.1:8080/site/feed.rss", stream)["episodes"]
    assert episode["enclosures"][0]["file_size"] == (published.folder / "audio.mp3").stat().st_size


def test_the_public_folder_holds_no_cost_and_no_path_of_this_machine(published) -> None:
    for path in (published.data / "public").rglob("*"):
        if path.is_file() and path.suffix in {".json", ".rss", ".html", ".vtt", ".srt"}:
            text = path.read_text("utf-8")
            assert str(published.data) not in text
            assert "usd" not in text.lower()


def test_publishing_the_same_file_again_changes_nothing_and_succeeds(published) -> None:
    before = (published.data / "public" / "feed.rss").read_bytes()
    assert podcast(published.data, "publish", "--sample").returncode == 0
    assert (published.data / "public" / "feed.rss").read_bytes() == before
    assert len(list((published.data / "work" / "records").iterdir())) == 1


def test_jobs_and_show_know_the_episode(published) -> None:
    (record,) = (published.data / "work" / "records").glob("*.json")
    job = json.loads(record.read_text())
    assert job["job_id"] in podcast(published.data, "jobs").stdout
    shown = podcast(published.data, "show", job["job_id"][:8])
    assert shown.returncode == 0
    assert job["title"] in " ".join(shown.stdout.split())


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.mp3", b"", "empty"),
        ("words.mp3", b"These are words, not sounds.\n" * 1000, "words.mp3"),
        ("notes.txt", b"x", "companion file"),
    ],
)
def test_what_cannot_become_an_episode_exits_1_with_the_reason_and_leaves_the_feed(
    published, tmp_path, name, content, reason
) -> None:
    feed = (published.data / "public" / "feed.rss").read_bytes()
    (tmp_path / name).write_bytes(content)
    ran = podcast(published.data, "publish", tmp_path / name)
    assert ran.returncode == 1
    assert reason in ran.stderr
    assert "Traceback" not in ran.stderr + ran.stdout
    assert (published.data / "public" / "feed.rss").read_bytes() == feed


def test_one_bad_file_does_not_keep_a_good_one_from_being_published(published, tmp_path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no sound")
    good = Path(get_assets_path()) / "beckett.wav"
    ran = podcast(published.data, "publish", bad, good)
    assert ran.returncode == 1
    assert "bad.wav" in ran.stderr
    assert len(feedparser.parse((published.data / "public" / "feed.rss").read_bytes()).entries) == 2


@pytest.mark.parametrize(
    "arguments", [["publish"], ["publish", "no/such/file.mp3"], ["show", "nope"], ["retry", "nope"]]
)
def test_a_wrong_word_is_one_line_on_stderr_and_exit_1(tmp_path, arguments) -> None:
    ran = podcast(tmp_path, *arguments)
    assert ran.returncode == 1
    assert ran.stderr.strip()
    assert "Traceback" not in ran.stderr


def test_help_names_every_command(tmp_path) -> None:
    told = podcast(tmp_path, "--help").stdout
    assert all(command in told for command in ["publish", "serve", "jobs", "show", "retry", "doctor"])


def test_the_doctor_finds_this_machine_well(tmp_path) -> None:
    ran = podcast(tmp_path, "doctor")
    assert ran.returncode == 0, ran.stdout


def test_the_doctor_names_a_wrong_setting_and_the_fix(tmp_path) -> None:
    (tmp_path / "show.toml").write_text('category = "Gardening"')
    ran = podcast(tmp_path, "doctor")
    assert ran.returncode == 1
    assert "Gardening" in ran.stdout or "category" in ran.stdout
    assert "→" in ran.stdout
