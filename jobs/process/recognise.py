"""Recognising one chunk, and listening again where the first hearing went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from jobs.process.chunks import SAMPLES_A_MILLISECOND, plan_chunks
from jobs.process.coverage import TOLERANCE, uncovered
from jobs.process.speech import Span
from shared.ai import Analyst, AudioChunk, HeardChunk
from shared.ai.loops import is_loop
from shared.ai.prices import add_costs
from shared.ai.segments import text_of, tidy
from shared.models import Segment

PIECE: Final = 15.0
"""Seconds of the pieces in which a chunk is heard again that came back as a loop."""

MARGIN: Final = 0.5
"""Seconds of context around a stretch that is heard again."""

WORTH_HEARING_AGAIN: Final = 0.25
"""Seconds of speech."""


def recognise(
    analyst: Analyst,
    chunk: AudioChunk,
    speech: Sequence[Span],
    *,
    tolerance: float = TOLERANCE,
    worth_hearing_again: float = WORTH_HEARING_AGAIN,
) -> HeardChunk:
    """The words of one chunk.

    A loop is heard again in smaller pieces, and a piece that loops still has no words; a stretch of speech that got
    no words is heard again by itself. What stays without words is found by the coverage of the whole episode.

    Args:
        analyst: hears.
        chunk: the samples.
        speech: where somebody speaks in it, in the episode's time.
        tolerance: seconds that the analyst's times may be off.
        worth_hearing_again: seconds of speech without words from which on a stretch is heard again.
    """
    heard = _hear(analyst, chunk)
    costs = list(heard.costs)
    if is_loop(text_of(heard.segments)):
        pieces = [_hear(analyst, _part(chunk, piece)) for piece in _pieces(chunk, speech)]
        costs += [cost for piece in pieces for cost in piece.costs]
        segments = [each for piece in pieces for each in piece.segments if not is_loop(text_of(piece.segments))]
    else:
        segments = heard.segments
    for gap in _gaps(uncovered(speech, segments, tolerance), chunk, worth_hearing_again):
        again = _hear(analyst, _part(chunk, gap))
        costs += again.costs
        if not is_loop(text_of(again.segments)):
            segments = [*(each for each in segments if not _inside(each, gap)), *again.segments]
    return heard.model_copy(update={"segments": tidy(segments, chunk.start, chunk.end), "costs": add_costs(costs)})


def _hear(analyst: Analyst, chunk: AudioChunk) -> HeardChunk:
    heard = analyst.transcribe(chunk)
    return heard.model_copy(update={"segments": tidy(heard.segments, chunk.start, chunk.end)})


def _pieces(chunk: AudioChunk, speech: Sequence[Span]) -> Iterator[Span]:
    shifted = [Span(max(0.0, each.start - chunk.start), each.end - chunk.start) for each in speech]
    for piece in plan_chunks(shifted, chunk.duration, PIECE):
        if any(span.start < piece.end and span.end > piece.start for span in shifted):
            yield Span(chunk.start + piece.start, chunk.start + piece.end)


def _gaps(without_words: Sequence[Span], chunk: AudioChunk, shortest: float) -> Iterator[Span]:
    """Stretches to hear again, with their margin; neighbours are joined."""
    joined: list[Span] = []
    for gap in without_words:
        if gap.duration < shortest:
            continue
        start, end = max(chunk.start, gap.start - MARGIN), min(chunk.end, gap.end + MARGIN)
        if joined and start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, end)
        else:
            joined.append(Span(start, end))
    yield from joined


def _part(chunk: AudioChunk, span: Span) -> AudioChunk:
    first, last = (round((bound - chunk.start) * 1000) * SAMPLES_A_MILLISECOND for bound in (span.start, span.end))
    return AudioChunk(chunk.number, round(span.start, 3), chunk.samples[first:last])


def _inside(segment: Segment, span: Span) -> bool:
    return segment.start >= span.start and segment.end <= span.end
