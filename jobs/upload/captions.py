"""Cutting a transcript into captions: short enough to read, never outside the audio."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.upload.text import columns, one_line
from shared.models import ProcessingMetadata, Segment

MOST_LINES = 2
SHORTEST = 0.001
"""Seconds, the resolution of every caption format: a caption must end after it starts."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


@dataclass(frozen=True)
class Caption:
    """What is shown from `start` to `end` (seconds), at most two lines."""

    start: float
    end: float
    lines: tuple[str, ...]
    speaker: str | None = None


def segments_inside(metadata: ProcessingMetadata, duration: float) -> list[Segment]:
    """The transcript's segments in order of time and inside the audio, without empty ones.

    A transcript that came without times gets them from its sentences' lengths: better than none, and the only case
    in which they are guessed.
    """
    segments = metadata.segments or list(_spread(metadata.transcript, duration))
    inside: list[Segment] = []
    reached = 0.0
    for segment in sorted(segments, key=lambda each: each.start):
        text = one_line(segment.text)
        start = max(segment.start, reached)
        end = min(max(segment.end, start + SHORTEST), duration)
        if not text or end - start < SHORTEST / 2:
            continue
        inside.append(segment.model_copy(update={"start": start, "end": end, "text": text}))
        reached = end
    return inside


def _spread(transcript: str, duration: float) -> Iterator[Segment]:
    sentences = [one_line(each) for each in _SENTENCE_END.split(transcript) if each.strip()]
    letters = sum(len(each) for each in sentences)
    done = 0
    for sentence in sentences:
        start = duration * done / letters
        done += len(sentence)
        yield Segment(start=start, end=duration * done / letters, text=sentence)


def captions(segments: Sequence[Segment], *, widest: int) -> list[Caption]:
    """The segments as captions of at most two lines of at most `widest` columns.

    A segment that needs more than one caption gives each its share of the time, by the length of its text.
    """
    return [caption for segment in segments for caption in _captions_of(segment, widest)]


def _captions_of(segment: Segment, widest: int) -> Iterator[Caption]:
    lines = broken(segment.text, widest)
    cards = [tuple(lines[at : at + MOST_LINES]) for at in range(0, len(lines), MOST_LINES)]
    widths = [sum(columns(line) for line in card) or 1 for card in cards]
    length = segment.end - segment.start
    done = 0
    for card, width in zip(cards, widths, strict=True):
        start = segment.start + length * done / sum(widths)
        done += width
        end = segment.start + length * done / sum(widths)
        yield Caption(start, end, card, segment.speaker)


def broken(text: str, widest: int) -> list[str]:
    """The text in lines of at most `widest` columns, broken at spaces where there are any."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if columns(joined) <= widest:
            lines[-1] = joined
            continue
        if columns(word) <= widest:
            lines.append(word)
            continue
        # Japanese and very long words: fill the line character by character.
        if lines[-1] and columns(lines[-1]) + 1 < widest:
            lines[-1] += " "
        for character in word:
            if columns(lines[-1] + character) > widest:
                lines.append("")
            lines[-1] += character
    return [line.strip() for line in lines if line.strip()]
