from __future__ import annotations

import io

import numpy as np
import support_audio as audio

from jobs.process.samples import mono_blocks
from jobs.process.shelf import flac, shelf
from shared.ai import SAMPLE_RATE, AudioChunk
from shared.ai.vertex.audio import InlineAudio, StoredAudio
from shared.storage import FolderStore


class Bucket(FolderStore):
    """A folder that says of itself what a bucket in the cloud says."""

    def location(self, name: str) -> str:
        return f"gs://podcast-work/{name}"


def chunk(start: float = 12.5, seconds: float = 3.0) -> AudioChunk:
    return AudioChunk(4, start, audio.tone(seconds, SAMPLE_RATE, level=0.3))


def test_the_model_hears_the_very_samples() -> None:
    sent = chunk()
    heard = np.concatenate(list(mono_blocks(io.BytesIO(flac(sent)), "sent.flac", 1.0, size=SAMPLE_RATE)))
    assert len(heard) == len(sent.samples)
    assert np.abs(heard - sent.samples).max() < 1e-4


def test_in_the_cloud_the_audio_lies_in_the_work_bucket_under_its_stretch(tmp_path) -> None:
    place = shelf(Bucket(tmp_path), "job")
    assert place(chunk()) == StoredAudio("gs://podcast-work/audio/job/chunks/004.12500-15500.flac", "audio/flac")
    assert (tmp_path / "audio/job/chunks/004.12500-15500.flac").read_bytes() == flac(chunk())


def test_a_part_of_a_chunk_does_not_replace_the_whole(tmp_path) -> None:
    place = shelf(Bucket(tmp_path), "job")
    assert place(chunk()) != place(chunk(seconds=1.0))


def test_on_a_laptop_the_audio_goes_into_the_question(tmp_path) -> None:
    placed = shelf(FolderStore(tmp_path / "work"), "job")(chunk())
    assert placed == InlineAudio(flac(chunk()), "audio/flac")
    assert not list(tmp_path.rglob("*.flac"))
