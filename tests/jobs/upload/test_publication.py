"""The whole step over folders, with real audio, in this process."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import feedparser
import pytest
from mutagen.id3 import ID3
from PIL import Image
from support_upload import (
    BASE,
    NOON,
    FailingStore,
    RecordingStore,
    SettingsWith,
    a_metadata,
    as_argument,
    context_for,
    files_under,
    local_settings,
    tone,
    write_wav,
)

from jobs.upload.site.render import script
from jobs.upload.step import run
from shared import workspace
from shared.contract import UploadArguments
from shared.errors import NotFound, PermanentError, TransientError, UnusableAudio
from shared.identity import episode_id_of
from shared.models import Cost, Minutes, PodcastProcessingJob, Source

LATER = NOON + timedelta(days=3)


@pytest.fixture
def settings(tmp_path):
    return local_settings(tmp_path / "data")


@pytest.fixture
def recording(tmp_path):
    return write_wav(tmp_path / "talk.wav", tone(4), 48_000)


def record(settings, job_id, generation, name="talk.wav"):
    source = Source(bucket="input", object_name=name, generation=generation)
    job = PodcastProcessingJob(
        job_id=job_id, episode_id=episode_id_of("input", name), source=source, created_at=NOON, updated_at=NOON
    )
    settings.work.write(workspace.record_key(job_id), job.model_dump_json().encode())


def upload(settings, recording, job_id="job-1", *, attempt=0, now=NOON, **metadata):
    arguments = UploadArguments(
        job_id=job_id,
        attempt=attempt,
        audio_file=str(recording),
        metadata_json=as_argument(a_metadata(**metadata)),
    )
    return run(arguments, context_for(settings, lambda: now))


def feed(settings):
    return feedparser.parse(settings.public.read("feed.rss")[0])


def public_files(settings):
    return dict(files_under(settings.public.root)) if settings.public.root.exists() else {}


def test_an_episode_is_published_with_all_of_its_files_and_their_types(settings, recording):
    public = RecordingStore(settings.public)
    result = upload(SettingsWith(settings, public=public), recording)
    folder = "podcasts/job-1"
    assert result.model_dump() == {
        "status": "completed",
        "job_id": "job-1",
        "audio_url": f"{BASE}/{folder}/audio.mp3",
        "metadata_key": f"{folder}/metadata.json",
        "rss_key": f"{folder}/feed.rss",
        "feed_url": f"{BASE}/feed.rss",
        "episode_url": f"{BASE}/{folder}/index.html",
        "superseded": False,
        "title": "Bees at noon",
        "revision": 0,
        "withdrawn": False,
    }
    types = dict(public.written)
    (cover,) = (name for name in types if name.startswith("cover-"))
    assert types == {
        f"{folder}/audio.mp3": "audio/mpeg",
        f"{folder}/transcript.vtt": "text/vtt; charset=utf-8",
        f"{folder}/transcript.srt": "application/x-subrip; charset=utf-8",
        f"{folder}/transcript.json": "application/json; charset=utf-8",
        f"{folder}/chapters.json": "application/json+chapters",
        f"{folder}/metadata.json": "application/json; charset=utf-8",
        f"{folder}/feed.rss": "application/rss+xml; charset=utf-8",
        f"{folder}/index.html": "text/html; charset=utf-8",
        cover: "image/png",
        script("player.js").key: "text/javascript; charset=utf-8",
        script("show.js").key: "text/javascript; charset=utf-8",
        "index.html": "text/html; charset=utf-8",
        "feed.rss": "application/rss+xml; charset=utf-8",
    }
    assert set(public_files(settings)) == set(types)


def test_what_the_feed_says_of_the_audio_is_true_of_the_file(settings, recording):
    upload(settings, recording)
    (item,) = feed(settings).entries
    audio = settings.public.read("podcasts/job-1/audio.mp3")[0]
    assert item.enclosures[0].length == str(len(audio))
    assert item.enclosures[0].href == f"{BASE}/podcasts/job-1/audio.mp3"
    assert item.itunes_duration == "4"
    assert str(ID3(io.BytesIO(audio))["TIT2"]) == "Bees at noon"


def test_the_episode_s_own_feed_holds_that_single_item(settings, recording):
    upload(settings, recording)
    upload(settings, recording, "job-2", title="Another")
    own = feedparser.parse(settings.public.read("podcasts/job-1/feed.rss")[0])
    assert own.bozo is False
    assert [item.title for item in own.entries] == ["Bees at noon"]
    assert own.feed.itunes_block == 1, "or directories would list it as a show of its own"
    assert len(feed(settings).entries) == 2


def test_what_is_public_holds_no_cost_and_no_minutes_unless_the_show_says_so(settings, recording):
    secret = {
        "minutes": Minutes(decisions=["Sell the farm"]),
        "costs": [Cost(usd=0.1234567, model="secret-model")],
    }
    upload(settings, recording, **secret)
    for content in public_files(settings).values():
        assert b"Sell the farm" not in content
        assert b"secret-model" not in content
        assert b"0.1234567" not in content
    (settings.data / "show.toml").write_text("publish_minutes = true\n")
    upload(settings, recording, **secret)
    document = json.loads(settings.public.read("podcasts/job-1/metadata.json")[0])
    assert document["minutes"]["decisions"] == ["Sell the farm"]
    assert b"Sell the farm" in settings.public.read("podcasts/job-1/index.html")[0]
    assert not any(b"secret-model" in content for content in public_files(settings).values())


def test_metadata_json_begins_with_the_product_s_five_fields(settings, recording):
    upload(settings, recording)
    document = json.loads(settings.public.read("podcasts/job-1/metadata.json")[0])
    assert list(document)[:5] == ["title", "summary", "transcript", "duration_seconds", "keywords"]
    assert document["transcript"] == "Here they come.\nMind the hive."


# ------------------------------------------------------------ again and again


def test_publishing_the_same_job_again_changes_not_one_byte(settings, recording):
    first = upload(settings, recording)
    before = public_files(settings)
    assert upload(settings, recording, now=LATER) == first
    assert public_files(settings) == before


def test_a_corrected_file_replaces_its_episode_in_place(settings, recording):
    record(settings, "job-old", 100)
    record(settings, "job-new", 200)
    upload(settings, recording, "job-old", attempt=1)
    guid = feed(settings).entries[0].id
    upload(settings, recording, "job-new", attempt=1, now=LATER, title="Corrected")
    (item,) = feed(settings).entries
    assert item.id == guid == episode_id_of("input", "talk.wav")
    assert item.title == "Corrected"
    assert item.enclosures[0].href == f"{BASE}/podcasts/job-new/audio.mp3"
    assert item.published == "Thu, 12 Nov 2026 12:00:00 +0000"


def test_an_older_version_that_comes_late_is_superseded_and_changes_nothing(settings, recording):
    record(settings, "job-old", 100)
    record(settings, "job-new", 200)
    upload(settings, recording, "job-new", attempt=1)
    before = public_files(settings)
    result = upload(settings, recording, "job-old", attempt=1, now=LATER)
    assert result.superseded
    assert result.job_id == "job-old"
    assert result.audio_url == f"{BASE}/podcasts/job-new/audio.mp3"
    assert public_files(settings) == before


# ------------------------------------------------------------------- failures


def test_whichever_write_fails_the_feed_stays_as_it_was_and_a_retry_publishes(settings, recording):
    upload(settings, recording)
    before = settings.public.read("feed.rss")[0]
    fails_at = 0
    while True:
        fails_at += 1
        public = FailingStore(settings.public, fails_at=fails_at)
        try:
            upload(SettingsWith(settings, public=public), recording, "job-2", title="Second")
        except TransientError:
            assert settings.public.read("feed.rss")[0] == before
            continue
        break
    assert not public.failed
    assert fails_at > 10, "every file of the episode was the one that failed, once"
    assert [item.title for item in feed(settings).entries].count("Second") == 1


def test_a_cover_of_the_wrong_size_is_refused_before_anything_is_written(settings, recording):
    settings.data.mkdir()
    (settings.data / "show.toml").write_text('cover = "logo.png"\n')
    Image.new("RGB", (640, 480)).save(settings.data / "logo.png")
    with pytest.raises(PermanentError, match="640 × 480"):
        upload(settings, recording)
    assert public_files(settings) == {}


def test_a_cover_that_is_not_there_is_refused_with_its_name(settings, recording):
    settings.data.mkdir()
    (settings.data / "show.toml").write_text('cover = "logo.png"\n')
    with pytest.raises(PermanentError, match=r"logo\.png"):
        upload(settings, recording)
    assert public_files(settings) == {}


def test_audio_that_is_none_is_refused_before_anything_is_written(settings, tmp_path):
    fake = tmp_path / "fake.mp3"
    fake.write_text("no audio at all " * 200)
    with pytest.raises(UnusableAudio):
        upload(settings, fake)
    with pytest.raises(NotFound):
        upload(settings, tmp_path / "none.mp3")
    assert public_files(settings) == {}


# --------------------------------------------------------------------- covers


def test_the_show_s_own_cover_is_published_under_its_name_and_content(settings, recording):
    settings.data.mkdir()
    (settings.data / "show.toml").write_text('cover = "logo.jpg"\n')
    Image.new("RGB", (1400, 1400), "#884422").save(settings.data / "logo.jpg")
    upload(settings, recording)
    key = feed(settings).feed.image.href.removeprefix(f"{BASE}/")
    assert settings.public.read(key)[0] == (settings.data / "logo.jpg").read_bytes()


@pytest.mark.parametrize(("side", "own"), [(1400, True), (300, False)])
def test_a_cover_in_the_source_is_the_episode_s_own_if_directories_would_take_it(settings, recording, side, own):
    writer = io.BytesIO()
    Image.new("RGB", (side, side), "#226688").save(writer, "JPEG")
    settings.work.write(workspace.cover_key("job-1", "jpg"), writer.getvalue())
    upload(settings, recording)
    (item,) = feed(settings).entries
    assert ("image" in item) is own
    assert ("podcasts/job-1/cover.jpg" in public_files(settings)) is own
    embedded = ID3(io.BytesIO(settings.public.read("podcasts/job-1/audio.mp3")[0]))["APIC:"].data
    assert (embedded == writer.getvalue()) is own
