"""What every notifier promises, over each of them; and one message for one outcome, whatever notify-job meets."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from support_servers.discord import discord_server
from support_servers.faults import LoseReply, json_error
from support_upload import NOON, an_entry, local_settings

from jobs.notify.console import ConsoleNotifier
from jobs.notify.embed import Story, build_message
from shared import workspace
from shared.contract import NotifyArguments
from shared.models import Chapter, PodcastProcessingJob, Source
from shared.notifier import DiscordNotifier
from shared.show import ShowSettings


@pytest.fixture
def discord():
    with discord_server() as server:
        yield server


@dataclass
class Heard:
    """A notifier, and how to learn what people read."""

    notifier: object
    text: object


@pytest.fixture(params=["console", "discord"])
def heard(request):
    if request.param == "console":
        stream = io.StringIO()
        yield Heard(ConsoleNotifier(stream), stream.getvalue)
        return
    with discord_server() as server:
        yield Heard(DiscordNotifier(server.url), lambda: json.dumps(server.messages, ensure_ascii=False))
        assert server.pinged == []


def story(**parts) -> Story:
    known = {
        "job_id": "job-1",
        "status": "completed",
        "message": "It is out",
        "output_url": "https://listen.example/1",
        "error": None,
        "record": None,
        "entry": an_entry(),
        "show": ShowSettings(),
        "public_url": "https://listen.example",
        "cover_url": "https://listen.example/cover.jpg",
        "now": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Story(**{**known, **parts})


TOLD = {
    "an episode": (story(), ["Episode 1", "What it is about", "https://listen.example/1"]),
    "a Japanese episode": (
        story(entry=an_entry(title="第3回 養蜂"), show=ShowSettings(language="ja")),
        ["公開しました", "第3回 養蜂"],
    ),
    "a failure": (
        story(status="failed", entry=None, error="process-job: it is silent", message="talk.wav"),
        ["it is silent", "podcast retry job"],
    ),
    "somebody who shouts": (story(entry=an_entry(title="@everyone look <@1>")), ["@everyone look"]),
    "far too much of everything": (
        story(
            entry=an_entry(
                title="🎙" * 3000,
                summary="long " * 4000,
                chapters=[Chapter(start=float(n), title=f"Chapter {n} 🎙 " * 30) for n in range(200)],
            ),
        ),
        ["🎙", "long"],
    ),
    "nothing but the arguments": (story(entry=None, cover_url=None, output_url=None), ["It is out"]),
}


@pytest.mark.parametrize(("told", "words"), TOLD.values(), ids=TOLD)
def test_people_read_what_they_are_told(heard, told, words) -> None:
    assert heard.notifier.notify(build_message(told)).told
    text = heard.text().replace("\\\\", "")
    for word in words:
        assert word in text


# ---------------------------------------------------------------- notify-job as a program, with Discord


def job(**changes) -> PodcastProcessingJob:
    return PodcastProcessingJob(
        job_id="job-1",
        episode_id="episode-1",
        source=Source(bucket="input", object_name="talk.wav", generation=1),
        created_at=NOON,
        updated_at=NOON,
    ).but(**changes)


def run(tmp_path, discord, attempt, error="it is silent"):
    arguments = NotifyArguments(job_id="job-1", attempt=attempt, status="failed", message="talk.wav", error=error)
    environment = {**os.environ, "PODCAST_DATA": str(tmp_path), "PODCAST_DISCORD_WEBHOOK_URL": discord.url}
    command = [sys.executable, "-m", "jobs.notify", *arguments.to_command_line()]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert discord.token not in done.stdout + done.stderr
    return json.loads(done.stdout)


def write(settings, record) -> None:
    settings.work.write(workspace.record_key("job-1"), record.model_dump_json().encode())


def test_a_message_whose_result_was_lost_is_not_sent_by_the_next_attempt(tmp_path, discord) -> None:
    write(local_settings(tmp_path), job().with_step("notify", attempt=1))
    run(tmp_path, discord, 1)
    write(local_settings(tmp_path), job().with_step("notify", attempt=2))
    assert run(tmp_path, discord, 2)["notification_sent"] is True
    assert len(discord.messages) == 1


def test_a_second_outcome_is_told_even_if_it_reads_like_the_first(tmp_path, discord) -> None:
    write(local_settings(tmp_path), job())
    run(tmp_path, discord, 1)
    write(local_settings(tmp_path), job().with_step("notify", attempt=1, counts_from=2))
    run(tmp_path, discord, 2)
    assert len(discord.messages) == 2


def test_a_lost_reply_is_in_the_result(tmp_path, discord) -> None:
    discord.faults.once.append(LoseReply())
    result = run(tmp_path, discord, 1)
    assert (result["notification_sent"], result["perhaps_twice"]) == (True, True)


def test_a_deleted_webhook_fails_the_step_with_what_to_do(tmp_path, discord) -> None:
    discord.deleted = True
    error = run(tmp_path, discord, 1)["error"]
    assert (error["type"], error["retryable"]) == ("NotFound", False)
    assert "Copy Webhook URL" in error["advice"]


def test_a_discord_without_time_is_asked_again_by_the_orchestrator_when_it_said(tmp_path, discord) -> None:
    discord.faults.forever = json_error(429, "slow", **{"Retry-After": "900"})
    error = run(tmp_path, discord, 1)["error"]
    assert (error["retryable"], error["retry_after"]) == (True, 900.0)
    assert discord.messages == []
