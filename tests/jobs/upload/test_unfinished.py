"""Uploads that were killed leave nothing for ever, and uploads under way are left alone."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from support_cloud import r2_client
from support_servers.proxy import says
from support_upload import SettingsWith, a_metadata, as_argument, context_for, local_settings, tone, write_wav

from infra.config import StepOverride
from jobs.upload.step import run
from jobs.upload.unfinished import OLD_ENOUGH
from shared.cdn import R2Client
from shared.contract import UploadArguments

SOON = timedelta(minutes=1)


@pytest.fixture
def public(r2_cloud):
    with closing(r2_client(r2_cloud)) as store:
        yield store


@dataclass
class Killed:
    """An upload that was killed half way, and all that are unfinished."""

    public: R2Client

    def names(self) -> list[str]:
        return [each["Key"] for each in self._found()]

    @property
    def begun(self) -> datetime:
        begun: datetime = self._found()[0]["Initiated"]
        return begun

    def _found(self) -> Any:
        return self.public._client.list_multipart_uploads(Bucket=self.public.bucket).get("Uploads", [])


@pytest.fixture
def killed(public):
    public._client.create_multipart_upload(Bucket=public.bucket, Key="podcasts/killed/audio.mp3")
    return Killed(public)


@pytest.fixture
def publish(tmp_path, public):
    """Publishes an episode at this time."""

    def at(now: datetime) -> str:
        settings = SettingsWith(local_settings(tmp_path / "data"), public=public)
        recording = write_wav(tmp_path / "talk.wav", tone(4), 48_000)
        metadata = as_argument(a_metadata())
        arguments = UploadArguments(job_id="job-1", audio_file=str(recording), metadata_json=metadata)
        return run(arguments, context_for(settings, lambda: now)).status

    return at


def test_an_upload_clears_away_what_a_killed_one_left(publish, killed) -> None:
    publish(killed.begun + OLD_ENOUGH + SOON)
    assert killed.names() == []


def test_an_upload_that_may_still_run_is_left_alone(publish, killed) -> None:
    publish(killed.begun + OLD_ENOUGH - SOON)
    assert killed.names() == ["podcasts/killed/audio.mp3"]


def test_an_episode_is_published_even_if_nothing_can_be_cleared_away(publish, killed, r2_cloud) -> None:
    now = killed.begun + OLD_ENOUGH + SOON
    r2_cloud.proxy.misbehave(says(403), method="GET", path="?uploads")
    assert publish(now) == "completed"
    assert killed.names() == ["podcasts/killed/audio.mp3"]


def test_no_stack_may_give_a_step_so_long_that_its_upload_is_taken_for_a_killed_one() -> None:
    longest = next(
        each.le for each in StepOverride.model_fields["timeout_minutes"].metadata if getattr(each, "le", None)
    )
    assert timedelta(minutes=longest) < OLD_ENOUGH
