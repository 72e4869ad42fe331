"""What bad input gets: a clear message on the dashboard, nothing half published, and the next episode unharmed."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import feedparser
import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image
from support_audio import encoded, recorded, sample_path, spoken
from support_published import eventually, serving

JAPANESE = """今日は、ポッドキャストへようこそ。きょうは、てんきが、とても、いいです。
ことしの、なつは、とても、あつかったですね。あしたは、ともだちと、えいがを、みに、いきます。"""

BAD = {
    "empty.mp3": ("fetch", "empty"),
    "words.mp3": ("fetch", "MP3"),
    "cut off.flac": ("process", "truncated"),
    "three hours of nothing.flac": ("process", "silent"),
    "nihongo 日本語.wav": ("process", "PODCAST_AI=vertex"),
    "film without sound.avi": ("fetch", "avi"),
}
"""Each bad file, the step that refuses it, and a word of the reason or the advice."""

GOOD = ["It's a “good” one, 100 % 🎙.wav", "the same again.wav"]


def write_silence(path: Path, *, hours: int) -> None:
    source = ["-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", str(hours * 3600)]
    subprocess.run([get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", *source, str(path)], check=True)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """One controller into whose folder all of them were dropped at once."""
    data = tmp_path_factory.mktemp("bad")
    folder = data / "input"
    folder.mkdir()
    samples, rate = recorded("beckett")
    whole = encoded(samples, rate, "flac")
    (folder / "empty.mp3").write_bytes(b"")
    (folder / "words.mp3").write_bytes(b"Not a sound, only words.\n" * 400)
    (folder / "cut off.flac").write_bytes(whole[: len(whole) // 2])
    write_silence(folder / "three hours of nothing.flac", hours=3)
    (folder / "nihongo 日本語.wav").write_bytes(encoded(spoken(JAPANESE, "ja"), 22_050, "wav"))
    (folder / "film without sound.avi").write_bytes(b"RIFF....AVI ")
    for name in GOOD:
        (folder / name).write_bytes(sample_path("beckett").read_bytes())
    with serving(data) as controller:
        records = controller.ended(len(BAD) + len(GOOD))
        yield SimpleNamespace(
            controller=controller, jobs={record["source"]["object_name"]: record for record in records}, data=data
        )


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_fails_at_its_step_with_its_own_message(shown, name) -> None:
    step, word = BAD[name]
    job = shown.jobs[name]
    assert (job["state"], job["failed_step"]) == ("failed", step)
    assert word in f"{job['error']['message']} {job['error']['advice']}"
    assert job["error"]["advice"]


@pytest.mark.parametrize("name", BAD)
def test_the_dashboard_shows_the_message(shown, name) -> None:
    shown_jobs = json.loads(shown.controller.get("/api/jobs"))
    assert shown.jobs[name]["error"]["message"] in json.dumps(shown_jobs, ensure_ascii=False)


def test_every_message_is_another_one(shown) -> None:
    messages = {shown.jobs[name]["error"]["message"] for name in BAD}
    assert len(messages) == len(BAD)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_among_them_is_published_whatever_its_name(shown, name) -> None:
    assert shown.jobs[name]["state"] == "completed"


def test_only_the_good_files_are_public_and_both_of_the_same_content(shown) -> None:
    feed = feedparser.parse(shown.controller.get("/site/feed.rss"))
    assert not feed.bozo
    assert {entry.id for entry in feed.entries} == {shown.jobs[name]["episode_id"] for name in GOOD}
    assert len(list((shown.data / "public" / "podcasts").iterdir())) == len(GOOD)


def test_a_cover_of_the_wrong_size_is_named_with_its_size_and_leaves_the_feed(tmp_path) -> None:
    data = tmp_path
    (data / "input").mkdir()
    (data / "show.toml").write_text('cover = "cover.png"', encoding="utf-8")
    Image.new("RGB", (640, 480)).save(data / "cover.png")
    (data / "input" / "one.wav").write_bytes(sample_path("beckett").read_bytes())
    with serving(data) as controller:
        (job,) = controller.ended(1)
        assert (job["state"], job["failed_step"]) == ("failed", "upload")
        assert "640" in job["error"]["message"]
        assert not (data / "public" / "feed.rss").exists()
        # Once the cover is right, a retry needs nothing but the upload.
        Image.new("RGB", (1400, 1400)).save(data / "cover.png")
        retry = urllib.request.Request(f"{controller.url}/jobs/{job['job_id']}/retry", data=b"", method="POST")
        urllib.request.urlopen(retry, timeout=30).close()
        (job,) = eventually(lambda: [each for each in controller.records() if each["state"] == "completed"])
        assert job["steps"]["process"]["attempt"] == 1
