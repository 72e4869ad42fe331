"""The cloud pipeline, whole, over the wire protocols of its services: the event goes in, the episode comes out.

Real speech, the real client libraries, each job a real process; both orchestrations.
"""

from __future__ import annotations

import io
import json
import re
import wave
from uuid import UUID

import feedparser
import pytest
from moonshine_voice.utils import get_assets_path
from support_servers.faults import LoseReply, json_error
from support_stack import R2_SECRET, deployed

from shared import workspace
from shared.contract import PROCESS, STEPS, ProcessResult
from shared.models import JobState

SECONDS = 20


def speech() -> bytes:
    """The beginning of A Tale of Two Cities, read by a person."""
    with wave.open(str(get_assets_path() / "two_cities.wav")) as source:
        rate = source.getframerate()
        frames = source.readframes(rate * SECONDS)
        copy = io.BytesIO()
        with wave.open(copy, "wb") as target:
            target.setparams(source.getparams())
            target.writeframes(frames)
    return copy.getvalue()


@pytest.fixture(scope="module", params=["sequential", "pubsub"])
def published(request, tmp_path_factory, gcs_address, s3_address):
    """A stack in which one episode was dropped, and its job."""
    folder = tmp_path_factory.mktemp(request.param)
    with deployed(folder, gcs_address, s3_address, request.param) as stack:
        job_id = stack.finalized("第3回 Two Cities.wav", speech())
        stack.settle()
        yield stack, stack.job(job_id)


def test_no_sweep_is_needed_and_every_step_runs_once(published) -> None:
    stack, job = published
    assert job.state is JobState.COMPLETED, stack.logs()
    assert sorted(each.job.rpartition("/")[2] for each in stack.cloud_run.executions) == sorted(
        step.job_name for step in STEPS
    )


def test_the_episode_is_in_the_public_bucket(published) -> None:
    stack, job = published
    folder = f"podcasts/{job.job_id}"
    names = {info.name for info in stack.public.list(f"{folder}/")}
    assert {f"{folder}/{name}" for name in ("audio.mp3", "metadata.json", "feed.rss", "transcript.vtt")} <= names
    feed = feedparser.parse(stack.public.read("feed.rss")[0])
    (item,) = feed.entries
    assert (item.title, item.enclosures[0].href) == (job.title, f"https://listen.example/{folder}/audio.mp3")
    assert item.id == job.episode_id


def test_people_read_it_once_at_discord(published) -> None:
    stack, job = published
    (message,) = stack.discord.messages
    (embed,) = message["embeds"]
    assert job.title is not None
    assert embed["title"].startswith("Published")
    assert embed["url"] == job.episode_url
    assert stack.discord.pinged == []
    assert (job.notified, job.perhaps_told_twice) == (True, False)


def test_nothing_is_left_open(published) -> None:
    stack, _ = published
    assert [info.name for prefix in (workspace.OPEN, workspace.SLOTS) for info in stack.work.list(prefix)] == []
    assert all(not each.waiting for each in stack.pubsub.subscriptions.values())


def test_all_steps_are_in_the_episodes_one_trace(published) -> None:
    stack, job = published
    assert {each.name for each in stack.collector.spans} >= {step.job_name for step in STEPS}
    assert {each.trace_id for each in stack.collector.spans} == {UUID(job.job_id).hex}


def test_every_line_of_the_logs_is_one_json_object_with_the_episodes_labels(published) -> None:
    stack, job = published
    lines = [json.loads(line) for line in stack.logs().splitlines()]
    labelled = [line["logging.googleapis.com/labels"] for line in lines if line["message"] == "finished"]
    assert sorted(each["step"] for each in labelled) == sorted(step.name for step in STEPS)
    assert {(each["job_id"], each["episode_id"]) for each in labelled} == {(job.job_id, job.episode_id)}


def test_neither_logs_nor_traces_hold_a_transcript_a_secret_or_a_signed_address(published) -> None:
    stack, job = published
    result = PROCESS.parse_result_json(stack.work.read(workspace.result_key(job.job_id, "process", 1))[0])
    assert isinstance(result, ProcessResult)
    spoken = re.findall(r"[a-z']+", result.metadata.transcript.lower())
    assert len(spoken) > SECONDS  # otherwise nothing would be looked for
    told = stack.logs() + "".join(each.text for each in stack.collector.spans)
    heard = " ".join(re.findall(r"[a-z']+", told.lower()))
    for start in range(len(spoken) - 4):
        assert " ".join(spoken[start : start + 5]) not in heard
    for secret in (R2_SECRET, stack.discord.token, "Signature=", "eyJ", "Bearer "):
        assert secret not in told


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
        assert f"podcast retry {job_id}" in text
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
