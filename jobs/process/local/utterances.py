"""Utterances: stretches of speech of the length that the tiny model understands best, and where their words lie."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from jobs.process.speech import Span, total
from shared.models import Segment

SHORT: Final = 8.0
"""Seconds below which an utterance takes the next words too: with less context the model guesses more.

Word errors on a chapter read aloud: 8 % at 4 s, 3 % at 6 s, 2.5 % at 8 s, 4 % at 12 s.
"""

LONGEST: Final = 15.0
"""Seconds; joining stops there."""

BREATH: Final = 0.15
"""Seconds; a shorter pause does not part utterances while there is room."""

FRAGMENT: Final = 1.0
"""Seconds; alone, so little speech is mostly guessed wrong, and joins what was said before while there is room."""

NEAR: Final = 1.0
"""Seconds by which the end of a sentence may be moved into a pause."""

SENTENCE_ENDS: Final = re.compile(r"(?<=[.!?])\s+(?=\S)")


def utterances(speech: Sequence[Span]) -> list[Span]:
    """The spans of speech, joined to utterances; one span that is longer than `LONGEST` stays whole."""
    joined: list[Span] = []
    for span in speech:
        if joined and _belongs(joined[-1], span):
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def place(text: str, speech: Sequence[Span]) -> list[Segment]:
    """The sentences of the text, each where it was probably said.

    A sentence has the share of the speaking time that it has of the letters; its end then moves into the nearest
    pause, if there is one near.

    Args:
        text: what was said.
        speech: when somebody spoke, in order; at least one span.
    """
    # The model does not always begin a sentence with a capital, though it ended the one before.
    sentences = [each[:1].upper() + each[1:] for each in SENTENCE_ENDS.split(text)]
    letters = [max(1, sum(map(str.isalnum, each))) for each in sentences]
    spoken = total(speech)
    placed: list[Segment] = []
    start, said = speech[0].start, 0
    for sentence, count in zip(sentences, letters, strict=True):
        said += count
        end, following = _boundary(speech, spoken * said / sum(letters))
        end = max(start, end)
        placed.append(Segment(start=start, end=end, text=sentence))
        start = max(end, following)
    return placed


def _belongs(utterance: Span, span: Span) -> bool:
    wanted = utterance.duration < SHORT or span.start - utterance.end < BREATH or span.duration < FRAGMENT
    return wanted and span.end - utterance.start <= LONGEST


def _boundary(speech: Sequence[Span], spoken: float) -> tuple[float, float]:
    """Where what was said ends and what follows begins, after `spoken` seconds of speaking."""
    passed = 0.0
    pauses: list[tuple[float, int]] = []
    exact = speech[-1].end
    for number, span in enumerate(speech):
        if passed <= spoken < passed + span.duration:
            exact = span.start + spoken - passed
        passed += span.duration
        pauses.append((abs(passed - spoken), number))
    distance, number = min(pauses)
    if distance > NEAR:
        return exact, exact
    following = speech[number + 1].start if number + 1 < len(speech) else speech[number].end
    return speech[number].end, following
