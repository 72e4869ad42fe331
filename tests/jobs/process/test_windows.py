"""Windows of speech stay few and spread, however long the episode is."""

from itertools import pairwise

import numpy as np
import pytest

from jobs.process.vad import FRAME
from jobs.process.windows import WINDOW_FRAMES, SpeechWindows


def windows_of(minutes: float, *, speaks) -> list[float]:
    """The numbers of the frames with which the kept windows begin."""
    kept = SpeechWindows(4)
    for number in range(int(minutes * 60 / 0.032)):
        kept.add(np.full(FRAME, number, np.float32), 0.9 if speaks(number) else 0.0)
    return [float(window[0]) for window in kept.windows()]


@pytest.mark.parametrize("minutes", [5, 60, 300])
def test_a_long_episode_has_a_handful_from_its_start_to_its_end(minutes):
    starts = windows_of(minutes, speaks=lambda number: True)
    last = minutes * 60 / 0.032
    assert 4 <= len(starts) <= 8
    assert starts == sorted(starts)
    assert starts[-1] > 0.6 * last
    assert len({round(after - before) for before, after in pairwise(starts)}) == 1


def test_only_windows_in_which_somebody_mostly_speaks_are_kept():
    starts = windows_of(2, speaks=lambda number: number >= 5 * WINDOW_FRAMES)
    assert starts[0] == 5 * WINDOW_FRAMES
    assert windows_of(2, speaks=lambda number: number % 3 == 0) == []


def test_a_short_episode_has_the_one_window_that_it_is():
    assert windows_of(0.1, speaks=lambda number: True) == [0.0]
