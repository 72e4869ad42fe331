"""upload-job as people and the controller start it: `python -m jobs.upload`, real speech, real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import feedparser
import pytest
from support_upload import a_metadata, as_argument, speech, write_wav

from jobs.loudness import measure_loudness

CHAPTER_AND_VERSE = "It was the best of times, it was the worst of times, it was the age of wisdom…"


def start(data, *options):
    environment = {**os.environ, "PODCAST_DATA": str(data), "PODCAST_PORT": "8123"}
    return subprocess.Popen(
        [sys.executable, "-m", "jobs.upload", *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    stdout, stderr = process.communicate(timeout=120)
    assert stdout.count("\n") == 1, f"not one line: {stdout!r}\n{stderr}"
    return process.returncode, json.loads(stdout), stderr


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    samples, rate = speech()
    return write_wav(tmp_path_factory.mktemp("audio") / "two cities.wav", samples[: 10 * rate], rate)


def options(job_id, recording, **metadata):
    argument = as_argument(a_metadata(duration_seconds=10, segments=[], **metadata))
    return [f"--job-id={job_id}", f"--audio-file={recording}", f"--metadata-json={argument}"]


def test_real_speech_is_published_by_hand_with_the_product_s_own_arguments(tmp_path, recording):
    process = start(tmp_path, *options("by-hand", recording, transcript=CHAPTER_AND_VERSE))
    code, result, logs = ended(process)
    assert code == 0, logs
    assert {"status", "job_id", "audio_url", "metadata_key", "rss_key"} <= result.keys()
    assert result["status"] == "completed"
    assert result["audio_url"] == "http://127.0.0.1:8123/site/podcasts/by-hand/audio.mp3"
    public = tmp_path / "public"
    assert (public / result["metadata_key"]).is_file()
    assert (public / result["rss_key"]).is_file()
    with (public / "podcasts/by-hand/audio.mp3").open("rb") as finished:
        loudness = measure_loudness(finished, "audio.mp3")
    assert loudness.integrated_lufs == pytest.approx(-19, abs=1)
    assert loudness.true_peak_dbtp <= -2
    feed = feedparser.parse((public / "feed.rss").read_bytes())
    assert feed.bozo is False
    assert [item.title for item in feed.entries] == ["Bees at noon"]
    assert all(json.loads(line) for line in logs.splitlines())


def test_metadata_that_outgrows_an_argument_is_read_from_a_file(tmp_path, recording):
    (tmp_path / "m.json").write_text(as_argument(a_metadata()), "utf-8")
    arguments = [*options("at-sign", recording)[:2], f"--metadata-json=@{tmp_path}/m.json"]
    code, _, logs = ended(start(tmp_path, *arguments))
    assert code == 0, logs


def test_a_failure_is_one_json_line_with_a_reason_and_exit_code_1(tmp_path, recording):
    arguments = [*options("wrong", recording)[:2], "--metadata-json={}"]
    code, result, _ = ended(start(tmp_path, *arguments))
    assert code == 1
    assert result["status"] == "failed"
    assert result["error"]["type"] == "PermanentError"
    assert result["error"]["retryable"] is False
    assert "title" in result["error"]["message"]
    assert not (tmp_path / "public").exists()


def test_two_episodes_published_at_the_same_moment_are_both_in_the_feed(tmp_path, recording):
    both = [start(tmp_path, *options(f"job-{number}", recording, title=f"Number {number}")) for number in range(2)]
    outcomes = [ended(process) for process in both]
    assert [code for code, _, _ in outcomes] == [0, 0], outcomes
    feed = feedparser.parse((tmp_path / "public/feed.rss").read_bytes())
    assert {item.title for item in feed.entries} == {"Number 0", "Number 1"}
    page = (tmp_path / "public/index.html").read_text("utf-8")
    assert "Number 0" in page
    assert "Number 1" in page
