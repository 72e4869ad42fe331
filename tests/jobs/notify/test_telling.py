from __future__ import annotations

import io
import json
import os
import subprocess
import sys

from support_upload import NOON, a_metadata, an_entry, context_for, local_settings

from jobs.notify.console import ConsoleNotifier
from jobs.notify.telling import tell
from shared import workspace
from shared.contract import NotifyArguments, ProcessResult
from shared.models import EpisodeEdits, PodcastProcessingJob, Source, StepProgress


def record(settings, **fields):
    job = PodcastProcessingJob(
        job_id="job-1",
        episode_id="episode-1",
        source=Source(bucket="input", object_name="talk.wav", generation=1),
        created_at=NOON,
        updated_at=NOON,
    ).but(**fields)
    settings.work.write(workspace.record_key("job-1"), job.model_dump_json().encode())


def arguments(status="completed", **fields):
    return NotifyArguments(job_id="job-1", status=status, **fields)


def told(settings, given):
    console = io.StringIO()
    result = tell(given, context_for(settings), ConsoleNotifier(console))
    return result.notification_sent, console.getvalue()


def test_record_and_catalogue_are_looked_up(tmp_path):
    settings = local_settings(tmp_path)
    record(settings)
    settings.work.write(workspace.catalogue_key("episode-1"), an_entry().model_dump_json().encode())
    sent, text = told(settings, arguments(output_url="https://listen.example/1"))
    assert sent
    assert text.splitlines()[:3] == [
        "│ Published: Episode 1",
        "│ What it is about.",
        "│ Length: 30 min 0 s",
    ]
    assert "│   00:00 Hello\n│   01:01 Bees & honey\n" in text


def test_news_of_another_version_of_the_episode_is_not_this_job_s(tmp_path):
    settings = local_settings(tmp_path)
    record(settings)
    other = an_entry(job_id="job-2", title="Newer").model_dump_json().encode()
    settings.work.write(workspace.catalogue_key("episode-1"), other)
    assert "Newer" not in told(settings, arguments(message="done"))[1]


def test_without_a_record_the_arguments_are_told(tmp_path):
    sent, text = told(local_settings(tmp_path), arguments("failed", message="talk.wav", error="it is silent"))
    assert sent
    assert text == "│ Not published: talk.wav\n│ it is silent\n│ Try again: podcast retry job-1\n"


def test_a_draft_is_told_as_people_have_edited_it(tmp_path):
    settings = local_settings(tmp_path)
    heard = ProcessResult(job_id="job-1", metadata=a_metadata()).model_dump_json().encode()
    settings.work.write(workspace.result_key("job-1", "process", 2), heard)
    edits = EpisodeEdits(episode_id="episode-1", generation=1, revision=1, title="Wasps")
    settings.work.write(workspace.edits_key("episode-1"), edits.model_dump_json().encode())
    record(settings, outcome="awaiting_review", steps={"process": StepProgress(attempt=2)})
    _, text = told(settings, arguments(message="talk.wav waits for review"))
    assert text.startswith("│ Waits for review: Wasps\n│ A walk among bees.\n")
    assert "│   00:00 Arrival\n│   00:02 The hive\n" in text
    assert "│ Review it: http://127.0.0.1:8080/jobs/job-1/edit\n" in text


def test_settings_of_the_show_that_are_wrong_are_told_although_they_are_wrong(tmp_path):
    settings = local_settings(tmp_path)
    (tmp_path / "show.toml").write_text("title = ")
    sent, text = told(settings, arguments("failed", message="talk.wav", error="show.toml is not TOML"))
    assert sent
    assert "show.toml is not TOML" in text


def test_nothing_was_sent_where_nobody_can_read_it(tmp_path):
    console = io.StringIO()
    console.close()
    result = tell(arguments(), context_for(local_settings(tmp_path)), ConsoleNotifier(console))
    assert result.notification_sent is False


def test_a_title_cannot_take_over_the_terminal(tmp_path):
    text = told(local_settings(tmp_path), arguments("failed", message="\x1b[2J\x07bell\r", error="x\x9b31m"))[1]
    assert not set(text) & {"\x1b", "\x07", "\r", "\x9b"}
    assert "bell" in text


def test_by_hand_the_product_s_own_arguments_give_one_line_on_stdout_and_the_news_on_stderr(tmp_path):
    command = [sys.executable, "-m", "jobs.notify", "--job-id", "by-hand", "--status", "completed"]
    command += ["--message", "Bees are out", "--output-url", "https://listen.example/1", "--error", "null"]
    done = subprocess.run(
        command, env={**os.environ, "PODCAST_DATA": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    printed = json.loads(done.stdout)
    fixed = {"status": "completed", "job_id": "by-hand", "notification_sent": True}
    assert printed == {**fixed, "perhaps_twice": False}
    assert done.stdout.count("\n") == 1
    assert "│ Bees are out\n" in done.stderr
