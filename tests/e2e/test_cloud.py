"""The cloud pipeline, whole, over the wire protocols of its services: the event goes in, the episode comes out.

Real speech, the real client libraries, each job a real process; both orchestrations.
"""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import feedparser
import numpy as np
import pytest
import support_audio as audio
from moonshine_voice.utils import get_assets_path
from support_servers.faults import LoseReply, json_error
from support_servers.vertex import vertex
from support_stack import R2_SECRET, Stack, deployed
from support_vertex import Ears

from controller.orchestrator.slots import Slots
from shared import workspace
from shared.contract import PROCESS, STEPS, ProcessResult
from shared.deployment import SHOW_SETTINGS_KEY
from shared.models import JobState, PodcastProcessingJob
from shared.show import ShowSettings

SECONDS = 20
"""Of the English recording."""
RATE = 22_050
JAPANESE = [
    # What is said, and how eSpeak NG can read it: it knows no kanji.
    ("皆さんこんにちは、第十二回の放送を始めます。", "みなさんこんにちは、だいじゅうにかいのほうそうをはじめます。"),
    ("予算は去年より二割増えて、三億円になりました。", "よさんはきょねんよりにわりふえて、さんおくえんになりました。"),
]
GERMAN = [
    ("Willkommen zur dritten Folge, heute geht es um unsere Bücherei.",) * 2,
    ("Das Dach wird im April erneuert, so hat es der Rat beschlossen.",) * 2,
]
GERMAN_DIGEST = {
    "title": "Die Bücherei bekommt ein neues Dach",
    "episode_number": 3,
    "summary": "Das Dach der Bücherei wird erneuert. Die Arbeiten beginnen im April.",
    "keywords": ["Bücherei", "Dach"],
    "chapters": [{"start": "0:00:00", "title": "Begrüßung"}],
    "topics": ["Das Dach der Bücherei war undicht."],
    "decisions": ["Das Dach wird im April erneuert."],
    "action_items": [],
    "speakers": [{"label": "Speaker 1 @0", "name": None}],
    "same_people": [],
}
DIGEST = {
    "title": "図書館の建て替えと予算",
    "episode_number": 12,
    "summary": "図書館の建て替えについて話します。",
    "keywords": ["図書館", "予算"],
    "chapters": [{"start": "0:00:00", "title": "はじめに"}],
    "topics": ["図書館の予算が増えた。"],
    "decisions": ["予算を三億円とする。"],
    "action_items": [],
    "speakers": [{"label": "佐藤", "name": "佐藤"}],
    "same_people": [],
}


def english() -> bytes:
    """The beginning of A Tale of Two Cities, read by a person."""
    with wave.open(str(get_assets_path() / "two_cities.wav")) as source:
        frames = source.readframes(source.getframerate() * SECONDS)
        copy = io.BytesIO()
        with wave.open(copy, "wb") as target:
            target.setparams(source.getparams())
            target.writeframes(frames)
    return copy.getvalue()


def synthetic(talk: list[tuple[str, str]], language: str, speaker: str, digest: object) -> tuple[bytes, Ears]:
    """Synthetic speech, and a model that hears it."""
    sounds, said, now = [], [], 0.0
    for text, reading in talk:
        words = audio.spoken(reading, language)
        said.append((now, now + len(words) / RATE, speaker, text))
        sounds += [words, audio.silence(0.8, RATE)]
        now += len(words) / RATE + 0.8
    return audio.encoded(np.concatenate(sounds), RATE, "wav"), Ears(said, digest, language)


@dataclass
class Published:
    """A stack in which one episode was dropped, its job, and how its message begins."""

    stack: Stack
    job: PodcastProcessingJob
    greeting: str


@contextmanager
def in_english(folder, gcs, s3) -> Iterator[Published]:
    with deployed(folder, gcs, s3, "sequential") as stack:
        job_id = stack.finalized("第3回 Two Cities.wav", english())
        stack.settle()
        yield Published(stack, stack.job(job_id), "Published: ")


@contextmanager
def in_japanese(folder, gcs, s3) -> Iterator[Published]:
    recording, ears = synthetic(JAPANESE, "ja", "佐藤", DIGEST)
    with vertex(ears) as server, deployed(folder, gcs, s3, "pubsub", vertex=server.url) as stack:
        show = ShowSettings(title="町の話", language="ja", time_zone="Asia/Tokyo", title_pattern="第{number}回 {title}")
        stack.work.write(SHOW_SETTINGS_KEY, show.model_dump_json().encode())
        job_id = stack.finalized("dai12kai.wav", recording)
        stack.settle()
        yield Published(stack, stack.job(job_id), "公開しました: 第12回")


@contextmanager
def in_german(folder, gcs, s3) -> Iterator[Published]:
    recording, ears = synthetic(GERMAN, "de", "Speaker 1", GERMAN_DIGEST)
    with vertex(ears) as server, deployed(folder, gcs, s3, "sequential", vertex=server.url) as stack:
        stack.work.write(
            SHOW_SETTINGS_KEY, ShowSettings(title="Aus der Stadt", language="de").model_dump_json().encode()
        )
        job_id = stack.finalized("folge3.wav", recording)
        stack.settle()
        yield Published(stack, stack.job(job_id), "Published: Die Bücherei")


@pytest.fixture(
    scope="module",
    params=[in_english, in_japanese, in_german],
    ids=["English, embedded analyst, sequential", "Japanese, Vertex, Pub/Sub", "German, Vertex, sequential"],
)
def published(request, tmp_path_factory, gcs_address, s3_address):
    with request.param(tmp_path_factory.mktemp("stack"), gcs_address, s3_address) as made:
        yield made


def test_no_sweep_is_needed_and_every_step_runs_once(published) -> None:
    stack, job = published.stack, published.job
    assert job.state is JobState.COMPLETED, stack.logs()
    assert sorted(each.job.rpartition("/")[2] for each in stack.cloud_run.executions) == sorted(
        step.job_name for step in STEPS
    )


def test_the_episode_is_in_the_public_bucket(published) -> None:
    stack, job = published.stack, published.job
    folder = f"podcasts/{job.job_id}"
    names = {info.name for info in stack.public.list(f"{folder}/")}
    assert {f"{folder}/{name}" for name in ("audio.mp3", "metadata.json", "feed.rss", "transcript.vtt")} <= names
    feed = feedparser.parse(stack.public.read("feed.rss")[0])
    (item,) = feed.entries
    assert (item.title, item.enclosures[0].href) == (job.title, f"https://listen.example/{folder}/audio.mp3")
    assert item.id == job.episode_id


def test_people_read_it_once_at_discord(published) -> None:
    stack, job = published.stack, published.job
    (message,) = stack.discord.messages
    (embed,) = message["embeds"]
    assert embed["title"].startswith(published.greeting)
    assert embed["url"] == job.episode_url
    assert stack.discord.pinged == []
    assert (job.notified, job.perhaps_told_twice) == (True, False)


def test_nothing_is_left_open(published) -> None:
    stack = published.stack
    assert [info.name for info in stack.work.list(workspace.OPEN)] == []
    assert Slots(stack.work, 1).holders() == set()
    assert all(not each.waiting for each in stack.pubsub.subscriptions.values())


def test_all_steps_are_in_the_episodes_one_trace(published) -> None:
    stack, job = published.stack, published.job
    assert {each.name for each in stack.collector.spans} >= {step.job_name for step in STEPS}
    assert {each.trace_id for each in stack.collector.spans} == {UUID(job.job_id).hex}


def test_every_line_of_the_logs_is_one_json_object_with_the_episodes_labels(published) -> None:
    stack, job = published.stack, published.job
    lines = [json.loads(line) for line in stack.logs().splitlines()]
    labelled = [line["logging.googleapis.com/labels"] for line in lines if line["message"] == "finished"]
    assert sorted(each["step"] for each in labelled) == sorted(step.name for step in STEPS)
    assert {(each["job_id"], each["episode_id"]) for each in labelled} == {(job.job_id, job.episode_id)}


def test_neither_logs_nor_traces_hold_a_transcript_a_secret_or_a_signed_address(published) -> None:
    stack, job = published.stack, published.job
    result = PROCESS.parse_result_json(stack.work.read(workspace.result_key(job.job_id, "process", 1))[0])
    assert isinstance(result, ProcessResult)
    told = stack.logs() + "".join(each.text for each in stack.collector.spans)
    spoken, written = letters(result.metadata.transcript), letters(told)
    assert len(spoken) > 2 * PHRASE  # otherwise nothing would be looked for
    assert [each for each in phrases(spoken) if each in written] == []
    for secret in (R2_SECRET, stack.discord.token, "Signature=", "eyJ", "Bearer "):
        assert secret not in told


PHRASE = 20
"""Letters in a row that nobody writes by chance; half a sentence in Japanese."""


def letters(text: str) -> str:
    return "".join(each for each in text.lower() if each.isalpha())


def phrases(text: str) -> list[str]:
    return [text[start : start + PHRASE] for start in range(len(text) - PHRASE + 1)]


def test_the_show_speaks_its_own_language(published) -> None:
    metadata = json.loads(published.stack.public.read(f"podcasts/{published.job.job_id}/metadata.json")[0])
    assert metadata["title"] == published.job.title
    assert "cost" not in json.dumps(metadata)
    said = {"ja": ("図書館", "予算は去年より"), "de": ("Bücherei", "Das Dach wird im April")}
    if metadata["language"] in said:
        title, words = said[metadata["language"]]
        captions, _ = published.stack.public.read(f"podcasts/{published.job.job_id}/transcript.vtt")
        assert title in metadata["title"]
        assert words in " ".join(captions.decode().split())
        assert published.job.cost_usd is not None
        assert published.job.cost_usd > 0


# ------------------------------------------------------------------------------ review


@pytest.mark.parametrize("orchestration", ["sequential", "pubsub"])
def test_where_the_show_asks_people_first_they_edit_publish_and_withdraw(
    tmp_path, gcs_address, s3_address, orchestration
) -> None:
    with deployed(tmp_path, gcs_address, s3_address, orchestration) as stack:
        stack.work.write(SHOW_SETTINGS_KEY, ShowSettings(publish="review").model_dump_json().encode())
        job_id = stack.finalized("talk.wav", english())
        stack.settle()
        assert stack.job(job_id).state is JobState.AWAITING_REVIEW, stack.logs()
        ((embed,),) = [message["embeds"] for message in stack.discord.messages]
        assert embed["title"].startswith("Waits for review: ")
        assert "podcast dashboard --stack dev" in json.dumps(embed["fields"])
        assert list(stack.public.list()) == []
        assert Slots(stack.work, 1).holders() == set()

        desk = stack.controller.desk
        draft = desk.draft(job_id)
        assert draft is not None
        desk.save(job_id, draft.edits.model_copy(update={"title": "Read by a person"}), draft.version)
        desk.publish(job_id)
        stack.settle()
        assert stack.job(job_id).state is JobState.COMPLETED, stack.logs()
        (item,) = feedparser.parse(stack.public.read("feed.rss")[0]).entries
        assert item.title == "Read by a person"
        assert [message["embeds"][0]["title"] for message in stack.discord.messages[1:]] == [
            "Published: Read by a person"
        ]

        # From the public frames, by ranges of R2: the pinned recording has expired.
        before, _ = stack.public.read(f"podcasts/{job_id}/audio.mp3")
        stack.work.delete(workspace.source_key(job_id, "wav"))
        saved = desk.draft(job_id)
        assert saved is not None
        desk.save(job_id, saved.edits.model_copy(update={"title": "Mended"}), saved.version)
        desk.publish(job_id)
        stack.settle()
        after, _ = stack.public.read(f"podcasts/{job_id}/audio.mp3")
        assert (stack.job(job_id).state, stack.job(job_id).revision) == (JobState.COMPLETED, 2), stack.logs()
        assert (len(after), after != before) == (len(before), True)
        assert after[-len(after) // 2 :] == before[-len(before) // 2 :]

        desk.withdraw(job_id)
        stack.settle()
        assert stack.job(job_id).withdrawn
        assert feedparser.parse(stack.public.read("feed.rss")[0]).entries == []
        assert list(stack.public.list("podcasts/")) == []
        assert len(stack.discord.messages) == 2, "neither an edit nor a withdrawal is news"
        assert [info.name for info in stack.work.list(workspace.OPEN)] == []


# ------------------------------------------------------------------ when things go wrong


@pytest.mark.parametrize("orchestration", ["sequential", "pubsub"])
def test_what_is_no_recording_is_told_with_step_reason_and_what_to_do(
    tmp_path, gcs_address, s3_address, orchestration
) -> None:
    with deployed(tmp_path, gcs_address, s3_address, orchestration) as stack:
        job_id = stack.finalized("notes.mp3", b"These are only notes. " * 100)
        # A step that fails has no next one to publish to: the sweep, or its signal, moves the episode on.
        stack.settle()
        stack.sweep()
        stack.settle()
        assert stack.job(job_id).state is JobState.FAILED, stack.logs()
        ((embed,),) = [message["embeds"] for message in stack.discord.messages]
        text = json.dumps(embed)
        assert f"podcast retry {job_id} --stack dev" in text
        assert [info.name for info in stack.public.list("podcasts/")] == []


def test_lost_replies_and_lost_signals_lose_nothing_and_double_nothing(tmp_path, gcs_address, s3_address) -> None:
    with deployed(tmp_path, gcs_address, s3_address, "sequential") as stack:
        stack.before_controller.only = lambda method, path: path == "/signals"
        stack.before_controller.forever = json_error(503, "no signal gets through")
        stack.cloud_run.faults.only = lambda method, path: path.endswith(":run")
        stack.cloud_run.faults.forever = LoseReply()
        job_id = stack.finalized("notes.mp3", b"These are only notes. " * 100)
        for _ in range(3):
            stack.settle()
            stack.sweep()
        assert stack.job(job_id).state is JobState.FAILED, stack.logs()
        assert stack.cloud_run.started == 2
        assert len(stack.discord.messages) == 1
