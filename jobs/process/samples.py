"""The recording as speech recognition wants it: mono, 16 kHz, loud enough, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from jobs.decoding import Damage, audio_stream, decoded, opened
from shared.ai import SAMPLE_RATE
from shared.models import Loudness

Samples = npt.NDArray[np.float32]

TARGET_LUFS: Final = -20.0
"""Where recognition and voice-activity detection were found to lose no words of quiet recordings."""

MOST_GAIN_DB: Final = 40.0
"""More would lift the noise of an empty room to the level of speech."""


def gain_for(loudness: Loudness) -> float:
    """The linear factor that brings the recording to `TARGET_LUFS`."""
    decibels = min(TARGET_LUFS - loudness.integrated_lufs, MOST_GAIN_DB)
    return float(10 ** (decibels / 20))


def mono_blocks(source: BinaryIO, name: str, gain: float, *, size: int) -> Iterator[Samples]:
    """The recording from its start, in blocks of `size` samples, the last one padded with silence.

    Args:
        source: seekable reader; it is left open.
        name: of the recording; its extension decides the demuxer.
        gain: linear factor; peaks that it would lift over full scale are limited to it.
        size: samples at 16 kHz.

    Raises:
        UnusableAudio: it cannot be read, or has no audio track.
    """
    waiting: list[Samples] = []
    held = 0
    with opened(source, name) as recording:
        stream = audio_stream(recording, name)
        for frame in decoded(recording, stream, Damage(), shape=("flt", "mono", SAMPLE_RATE)):
            # Frames are as short as 24 ms: a view costs half of what to_ndarray does, and the gain is for whole blocks.
            waiting.append(np.frombuffer(memoryview(frame.planes[0]), np.float32, frame.samples))
            held += frame.samples
            if held >= size:
                joined = np.concatenate(waiting)
                whole = held - held % size
                yield from _louder(joined[:whole], gain).reshape(-1, size)
                waiting, held = [joined[whole:].copy()], held - whole
    if held:
        last = np.zeros(size, np.float32)
        last[:held] = _louder(np.concatenate(waiting), gain)
        yield last


def _louder(samples: Samples, gain: float) -> Samples:
    louder: Samples = np.clip(samples * np.float32(gain), np.float32(-1), np.float32(1))
    return louder
