"""Halving a chunk at its quietest moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from shared.ai.analyst import SAMPLE_RATE, AudioChunk

WINDOW: Final = SAMPLE_RATE // 5
"""Samples: a fifth of a second, shorter than a pause between sentences."""

SEARCHED: Final = 0.5
"""Share of the chunk, around its middle, in which the cut may lie."""


def halve(chunk: AudioChunk) -> tuple[AudioChunk, AudioChunk]:
    """Two chunks that tile the chunk, cut in the middle of its quietest fifth of a second, on a whole millisecond."""
    length = len(chunk.samples)
    first = int(length * (1 - SEARCHED) / 2)
    searched = chunk.samples[first : length - first]
    windows = searched[: len(searched) // WINDOW * WINDOW].reshape(-1, WINDOW)
    cut = length // 2
    if len(windows):
        cut = first + int(np.square(windows).sum(axis=1).argmin()) * WINDOW + WINDOW // 2
    cut -= cut % (SAMPLE_RATE // 1000)
    return (
        replace(chunk, samples=chunk.samples[:cut]),
        replace(chunk, start=round(chunk.start + cut / SAMPLE_RATE, 3), samples=chunk.samples[cut:]),
    )
