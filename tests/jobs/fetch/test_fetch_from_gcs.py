"""fetch-job in the cloud: the recording stays where it is, only headers pass through the job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing

import pytest
import support_audio as audio
from support_cloud import gcs_client
from support_servers.fixtures import make_gcs_bucket

from shared.deployment import SHOW_SETTINGS_KEY
from shared.errors import NotFound

MEGABYTE = 1_000_000


@pytest.fixture
def work(gcs_cloud):
    with closing(gcs_client(gcs_cloud, endpoint=gcs_cloud.direct)) as client:
        client.write(SHOW_SETTINGS_KEY, b"{}")
        yield client


def fetch(cloud, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PODCAST_BACKEND": "cloud",
        "GCP_PROJECT_ID": "project",
        "GCS_INPUT_BUCKET": cloud.bucket,
        "PODCAST_WORK_BUCKET": cloud.bucket,
        "PODCAST_GCS_ENDPOINT": cloud.endpoint,
    }
    command = [sys.executable, "-m", "jobs.fetch", "--job-id=j", f"--bucket={cloud.bucket}", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_large_recording_is_pinned_and_only_its_headers_pass_through_the_job(gcs_cloud, work, tmp_path) -> None:
    path = tmp_path / "talk.wav"
    audio.silent_wav_of_hours(path, 1.0)
    with path.open("rb") as recording:
        source = work.write("talk.wav", recording)
    out = f"gs://{gcs_cloud.bucket}/audio/j/source.wav"
    done = fetch(gcs_cloud, "--object-name=talk.wav", f"--output-path={out}", f"--generation={source.version}")
    result = json.loads(done.stdout)
    assert (done.returncode, result["status"], result["local_file"]) == (0, "completed", out)
    assert (result["file_size"], result["generation"]) == (source.size, int(source.version))
    assert result["duration_seconds"] == pytest.approx(3600)
    assert work.stat("audio/j/source.wav").size == source.size > 50 * MEGABYTE
    moved = gcs_cloud.proxy.answered + sum(len(request.body) for request in gcs_cloud.proxy.requests)
    assert moved < 5 * MEGABYTE


def test_a_newer_version_is_not_taken_for_the_one_asked_for(gcs_cloud, work) -> None:
    old = work.write("talk.wav", audio.encoded(audio.tone(1), 44_100, "wav"))
    work.write("talk.wav", audio.encoded(audio.tone(2), 44_100, "wav"))
    out = f"gs://{gcs_cloud.bucket}/audio/j/source.wav"
    done = fetch(gcs_cloud, "--object-name=talk.wav", f"--output-path={out}", f"--generation={old.version}")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["retryable"]) == (1, False)
    assert "a newer version of talk.wav arrived" in error["message"]
    with pytest.raises(NotFound):
        work.stat("audio/j/source.wav")


def test_a_recording_may_lie_in_another_bucket_than_the_work(gcs_cloud, work) -> None:
    make_gcs_bucket(gcs_cloud.direct, f"{gcs_cloud.bucket}-work")
    work.write("talk.wav", audio.encoded(audio.tone(1), 44_100, "wav"))
    out = f"gs://{gcs_cloud.bucket}-work/audio/j/source.wav"
    assert fetch(gcs_cloud, "--object-name=talk.wav", f"--output-path={out}").returncode == 0
