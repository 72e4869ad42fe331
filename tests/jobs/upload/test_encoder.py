from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support_upload import tone

from jobs.upload.encoder import encode_mp3
from jobs.upload.mastering import Treatment
from shared.errors import TransientError

PLAIN: dict[str, Any] = {"sample_rate": 48_000, "channels": 1, "kbit": 96, "treatment": Treatment(0.0, None)}


def blocks(seconds):
    second = tone(1).astype(np.float32).tobytes()
    for _ in range(seconds):
        yield second


def test_it_says_how_much_audio_went_in(tmp_path):
    assert encode_mp3(blocks(3), tmp_path / "a.mp3", **PLAIN) == 3.0


def test_an_ffmpeg_that_stops_is_a_failure_with_its_last_words_and_worth_another_attempt(tmp_path):
    # So many samples that the pipe breaks while they are written.
    with pytest.raises(TransientError, match="No such file or directory"):
        encode_mp3(blocks(60), tmp_path / "no such folder" / "a.mp3", **PLAIN)


def test_samples_that_fail_end_ffmpeg_too(tmp_path):
    def failing():
        yield from blocks(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        encode_mp3(failing(), tmp_path / "a.mp3", **PLAIN)
