"""A handful of windows of speech, spread over a whole episode, chosen in one pass over it."""

from __future__ import annotations

from typing import Final

import numpy as np

from jobs.process.samples import Samples

WINDOW_FRAMES: Final = 250
"""Frames in a window: 8 s."""

SHORTEST_FRAMES: Final = 62
"""Frames that the last window of an episode needs: 2 s."""

MOSTLY: Final = 0.5
"""Share of a window in which somebody must speak."""

SPEAKS: Final = 0.5
"""Probability from which on a frame counts as speech."""


class SpeechWindows:
    """Takes all frames of an episode, and keeps between `count` and twice as many windows.

    Whenever there are too many, every other one is dropped and from then on only every other one is kept: so they
    stay spread evenly, however long the episode becomes.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._stride = 1
        self._seen = 0
        self._kept: list[Samples] = []
        self._frames: list[Samples] = []
        self._speaking = 0

    def add(self, frame: Samples, probability: float) -> None:
        """The next frame of `FRAME` samples, and how likely somebody speaks in it."""
        self._frames.append(frame)
        self._speaking += probability >= SPEAKS
        if len(self._frames) == WINDOW_FRAMES:
            self._close()

    def windows(self) -> list[Samples]:
        """The windows, in order; empty where nobody speaks for long enough."""
        if len(self._frames) >= SHORTEST_FRAMES:
            self._close()
        return list(self._kept)

    def _close(self) -> None:
        if self._speaking >= MOSTLY * len(self._frames):
            if self._seen % self._stride == 0:
                self._kept.append(np.concatenate(self._frames))
            self._seen += 1
            if len(self._kept) > 2 * self._count:
                self._kept = self._kept[::2]
                self._stride *= 2
        self._frames, self._speaking = [], 0
