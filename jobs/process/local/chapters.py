"""Chapters where the words change: lexical cohesion, after Hearst's TextTiling.

Source: M. Hearst, TextTiling, Computational Linguistics 23(1), 1997.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Final

from jobs.process.local import words
from jobs.process.local.keywords import keywords_of
from jobs.process.local.titles import UNTITLED, heading_of, shortened
from shared.models import Chapter, Segment

SHORTEST_CHAPTER: Final = 150.0
"""Seconds; chapters that listeners skip by are minutes long."""

BLOCK: Final = 90.0
"""Seconds of speech that are compared on either side of a possible border."""


def chapters_of(segments: Sequence[Segment], title: str) -> list[Chapter]:
    """Chapters in order, the first at 0. An episode without a border has one, called as the episode is.

    Args:
        segments: the transcript, at least one segment.
        title: of the episode.
    """
    starts = [0, *borders(segments)]
    if len(starts) == 1:
        return [Chapter(start=0.0, title=title)]
    episode = Counter(words.topic_words(words.whole(segments)))
    chapters: list[Chapter] = []
    for start, end in zip(starts, [*starts[1:], len(segments)], strict=True):
        text = words.whole(segments[start:end])
        used = [each.title for each in chapters]
        heading = heading_of(text, keywords_of(text), episode, used) or shortened(text) or UNTITLED
        chapters.append(Chapter(start=segments[start].start if start else 0.0, title=heading))
    return chapters


def borders(segments: Sequence[Segment]) -> list[int]:
    """The segments with which a new topic begins, in order."""
    bags = [Counter(words.topic_words(segment.text)) for segment in segments]
    cohesion = [_cohesion(segments, bags, number) for number in range(1, len(segments))]
    depths = _depths(cohesion)
    if len(depths) < 2:  # noqa: PLR2004 - a deviation needs two
        return []
    # Hearst's cutoff: as deep as the average valley and half a deviation more.
    cutoff = statistics.mean(depths) + statistics.stdev(depths) / 2
    deepest = sorted((number for number, depth in enumerate(depths) if depth > cutoff), key=lambda each: -depths[each])
    chosen: list[int] = []
    for valley in deepest:
        start = segments[valley + 1].start
        edges = [0.0, segments[-1].end, *(segments[each].start for each in chosen)]
        if all(abs(start - edge) >= SHORTEST_CHAPTER for edge in edges):
            chosen.append(valley + 1)
    return sorted(chosen)


def _cohesion(segments: Sequence[Segment], bags: Sequence[Counter[str]], border: int) -> float:
    """How much the words before and after the border have in common, 0 to 1."""
    before, after = Counter[str](), Counter[str]()
    at = segments[border].start
    for number in range(border - 1, -1, -1):
        if segments[number].end < at - BLOCK:
            break
        before += bags[number]
    for number in range(border, len(segments)):
        if segments[number].start > at + BLOCK:
            break
        after += bags[number]
    common = sum(before[word] * after[word] for word in before.keys() & after.keys())
    lengths = math.sqrt(sum(n * n for n in before.values()) * sum(n * n for n in after.values()))
    return common / lengths if lengths else 0.0


def _depths(cohesion: Sequence[float]) -> list[float]:
    """How far each point lies below the peaks on both of its sides."""
    return [
        _peak(cohesion, number, -1) + _peak(cohesion, number, 1) - 2 * value for number, value in enumerate(cohesion)
    ]


def _peak(cohesion: Sequence[float], number: int, step: int) -> float:
    peak = cohesion[number]
    while 0 <= (number := number + step) < len(cohesion) and cohesion[number] >= peak:
        peak = cohesion[number]
    return peak
