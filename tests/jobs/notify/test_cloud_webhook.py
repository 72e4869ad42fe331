"""Where the webhook comes from in the cloud: a secret that may have no value, and none that is broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support_cloud import gcs_client
from support_servers.discord import discord_server
from support_servers.secret_manager import secret_server

from shared.deployment import SHOW_SETTINGS_KEY

PROJECT = "a-project"


@pytest.fixture
def secrets():
    with secret_server() as running:
        yield running


@pytest.fixture
def notify(gcs_cloud, secrets):
    """Runs notify-job as its container does; gives its result and its log."""
    work = gcs_client(gcs_cloud)
    work.write(SHOW_SETTINGS_KEY, b"{}")
    work.close()
    environment = os.environ | {
        "PODCAST_BACKEND": "cloud",
        "PODCAST_PROJECT_ID": PROJECT,
        "PODCAST_INPUT_BUCKET": "input",
        "PODCAST_WORK_BUCKET": gcs_cloud.bucket,
        "PODCAST_PUBLIC_URL": "https://listen.example",
        "PODCAST_GCS_ENDPOINT": gcs_cloud.endpoint,
        "PODCAST_SECRETS_ENDPOINT": secrets.address,
        "DISCORD_WEBHOOK_SECRET_NAME": "webhook",
        # Traces go nowhere, and nothing looks for Google's metadata server.
        "OTEL_SDK_DISABLED": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
    }
    command = [
        *(sys.executable, "-m", "jobs.notify", "--job-id=job-1", "--attempt=1"),
        *("--status=failed", "--message=talk.wav was not published", "--error=process-job: silent"),
    ]

    def run():
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return json.loads(done.stdout), done.stderr

    return run


def test_a_secret_without_a_version_means_that_nobody_is_told_and_nothing_failed(notify) -> None:
    result, log = notify()
    assert (result["status"], result["notification_sent"]) == ("completed", False)
    assert "nobody is told at Discord" in log
    assert "talk.wav" not in log


def test_a_webhook_that_is_added_later_is_used_by_the_next_execution(notify, secrets) -> None:
    with discord_server() as discord:
        secrets.add(PROJECT, "webhook", discord.url.encode())
        result, log = notify()
        assert (result["status"], result["notification_sent"]) == ("completed", True)
        assert len(discord.messages) == 1
    assert discord.token not in log


def test_a_webhook_that_was_taken_out_of_the_stack_leaves_a_stack_without_discord(notify, secrets) -> None:
    secrets.add(PROJECT, "webhook", b"https://discord.com/api/webhooks/1/hunter2").state = "DESTROYED"
    result, log = notify()
    assert (result["status"], result["notification_sent"]) == ("completed", False)
    assert "nobody is told at Discord" in log


def test_a_version_that_was_switched_off_fails_the_step_with_the_command_that_shows_it(notify, secrets) -> None:
    secrets.add(PROJECT, "webhook", b"https://discord.com/api/webhooks/1/hunter2").state = "DISABLED"
    result, log = notify()
    error = result["error"]
    assert (error["type"], error["retryable"]) == ("PermanentError", False)
    assert "DISABLED" in error["message"]
    assert f"gcloud secrets versions list webhook --project={PROJECT}" in error["advice"]
    assert "hunter2" not in log
