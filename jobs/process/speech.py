"""Where somebody speaks: spans of time from the probabilities of a voice-activity detector."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

STARTS_AT: Final = 0.5
"""Speech begins at this probability. These five numbers are Silero VAD's own defaults."""

ENDS_BELOW: Final = 0.35
SHORTEST_SPEECH: Final = 0.25
SHORTEST_PAUSE: Final = 0.1
PADDING: Final = 0.03
"""Seconds that speech is taken to begin earlier and end later than it was noticed."""


@dataclass(frozen=True)
class Span:
    """A stretch of time, in seconds from the start of the episode."""

    start: float
    end: float

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


def spans_of_speech(probabilities: Iterable[float], frame: float, duration: float) -> list[Span]:
    """The spans in which somebody speaks, in order, apart from each other and inside the audio.

    Args:
        probabilities: of speech, one for each frame.
        frame: seconds that each of them is about.
        duration: seconds of the whole audio.
    """
    found: list[Span] = []
    start: float | None = None
    quiet_since: float | None = None
    now = 0.0
    for number, probability in enumerate(probabilities):
        now = number * frame
        if start is None:
            if probability >= STARTS_AT:
                start, quiet_since = now, None
            continue
        if probability >= STARTS_AT:
            quiet_since = None
        elif probability < ENDS_BELOW:
            quiet_since = now if quiet_since is None else quiet_since
            if now + frame - quiet_since >= SHORTEST_PAUSE:
                _add(found, start, quiet_since, duration)
                start = quiet_since = None
    if start is not None:
        _add(found, start, duration if quiet_since is None else quiet_since, duration)
    return found


def total(spans: Iterable[Span]) -> float:
    """Seconds of all spans together."""
    return sum(span.duration for span in spans)


def _add(found: list[Span], start: float, end: float, duration: float) -> None:
    if end - start < SHORTEST_SPEECH:
        return
    start, end = max(0.0, start - PADDING), min(duration, end + PADDING)
    if found and start < found[-1].end:
        start = (start + found[-1].end) / 2
        found[-1] = Span(found[-1].start, start)
    if end > start:
        found.append(Span(start, end))
