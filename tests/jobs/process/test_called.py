"""What messages call the recording."""

from __future__ import annotations

import pytest
import support_audio as audio
from support_jobs import context_in, new_job

from jobs.process.called import called
from jobs.process.step import run
from shared import workspace
from shared.contract import ProcessArguments
from shared.errors import UnusableAudio
from shared.storage import FolderStore


def arguments(**changes) -> ProcessArguments:
    known = {"job_id": "j", "audio_file": "/pinned/source.mp3", "gcs_uri": "gs://input/talks/bees.mp3"}
    return ProcessArguments.model_validate(known | changes)


def test_a_job_calls_its_recording_as_its_people_do(tmp_path) -> None:
    work, job = FolderStore(tmp_path), new_job("talks/bees.mp3")
    work.write(workspace.record_key(job.job_id), job.model_dump_json().encode())
    pinned = "gs://work-bucket/audio/j/source.mp3"
    assert called(arguments(job_id=job.job_id, attempt=1, gcs_uri=pinned), work) == "talks/bees.mp3"


@pytest.mark.parametrize(("attempt", "uri"), [(0, "gs://input/talks/bees.mp3"), (1, "/input/talks/bees.mp3")])
def test_by_hand_it_is_called_as_the_file_it_came_from(tmp_path, attempt, uri) -> None:
    assert called(arguments(attempt=attempt, gcs_uri=uri), FolderStore(tmp_path)) == "bees.mp3"


def test_a_refusal_names_the_file(tmp_path) -> None:
    silent = tmp_path / "source.wav"
    audio.write_audio(silent, audio.silence(3.0), 44_100)
    with pytest.raises(UnusableAudio, match=r"^bees\.wav is silent from end to end"):
        run(arguments(audio_file=str(silent), gcs_uri="gs://input/bees.wav"), context_in(tmp_path))
