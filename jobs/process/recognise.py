"""Recognising one chunk, and listening again where the first hearing went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from jobs.process.chunks import SAMPLES_A_MILLISECOND, plan_chunks
from jobs.process.clock import clock
from jobs.process.coverage import FLOOR, TOLERANCE, share_covered, uncovered, without
from jobs.process.speech import Span
from shared.ai import Analyst, AudioChunk, HeardChunk, Unheard
from shared.ai.loops import is_loop
from shared.ai.prices import add_costs
from shared.ai.segments import text_of, tidy
from shared.errors import Failure, PermanentError, PodcastError, TransientError
from shared.logger import get_logger
from shared.models import Segment

PIECE: Final = 15.0
"""Seconds of the pieces in which a chunk is heard again that came back as a loop."""

MARGIN: Final = 0.5
"""Seconds of context around a stretch that is heard again."""

WORTH_HEARING_AGAIN: Final = 0.25
"""Seconds of speech."""


Keep = Callable[[HeardChunk], object]


def keeps_nothing(_: HeardChunk) -> None:
    """Where there is no place for checkpoints."""


def recognise(
    analyst: Analyst,
    chunk: AudioChunk,
    speech: Sequence[Span],
    *,
    tolerance: float = TOLERANCE,
    worth_hearing_again: float = WORTH_HEARING_AGAIN,
    begun: HeardChunk | None = None,
    keep: Keep = keeps_nothing,
) -> HeardChunk:
    """The words of one chunk.

    A loop is heard again in smaller pieces, and a piece that loops still has no words; a stretch of speech that got
    no words is heard again by itself. What stays without words is found by the coverage of the whole episode. An error
    about a stretch that is heard again costs the chunk only if its words do not cover its speech without it.

    Args:
        analyst: hears.
        chunk: the samples.
        speech: where somebody speaks in it, in the episode's time.
        tolerance: seconds that the analyst's times may be off.
        worth_hearing_again: seconds of speech without words from which on a stretch is heard again.
        begun: what an earlier attempt heard of it, to go on from there.
        keep: hears of everything that was heard, the moment it is.

    Raises:
        PodcastError: nothing of the chunk could be heard, or too little of it; what was heard is kept by then.
    """
    heard = begun or _first_hearing(analyst, chunk, speech)
    failed, costs = list(heard.unheard), list(heard.costs)
    without_words = uncovered(speech, heard.segments, tolerance)
    for each in failed:
        without_words = without(without_words, Span(each.start, each.end))
    heard = heard.model_copy(update={"unheard": [], "finished": False})
    for gap in _gaps(without_words, chunk, worth_hearing_again):
        if any(each.failure.retryable for each in failed):
            # The service is in trouble: nothing more is asked of it about what is a small part anyway.
            break
        keep(heard)
        try:
            again = _hear(analyst, _part(chunk, gap))
        except PodcastError as error:
            failed.append(Unheard(start=gap.start, end=gap.end, failure=error.to_failure()))
            continue
        failed += again.unheard
        costs += again.costs
        segments = heard.segments
        if not is_loop(text_of(again.segments)):
            segments = [*(each for each in segments if not _inside(each, gap)), *again.segments]
        segments = tidy(segments, chunk.start, chunk.end)
        voices = {**heard.voices, **again.voices}
        heard = heard.model_copy(update={"segments": segments, "voices": voices, "costs": add_costs(costs)})
    covered = share_covered(speech, uncovered(speech, heard.segments, tolerance))
    heard = heard.model_copy(update={"finished": covered >= FLOOR})
    keep(heard)
    for each in failed:
        _tell(chunk, each, covered)
    if failed and covered < FLOOR:
        raise _as_error(failed[0].failure)
    return heard


def _first_hearing(analyst: Analyst, chunk: AudioChunk, speech: Sequence[Span]) -> HeardChunk:
    heard = _hear(analyst, chunk)
    if not is_loop(text_of(heard.segments)):
        return heard
    pieces = [_hear(analyst, _part(chunk, piece)) for piece in _pieces(chunk, speech)]
    costs = [cost for each in (heard, *pieces) for cost in each.costs]
    segments = [each for piece in pieces for each in piece.segments if not is_loop(text_of(piece.segments))]
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


def _tell(chunk: AudioChunk, stretch: Unheard, covered: float) -> None:
    get_logger().warning(
        "a stretch could not be heard",
        chunk=chunk.number + 1,
        stretch=f"{clock(stretch.start)}–{clock(stretch.end)}",
        reason=stretch.failure.message,
        covered=round(covered, 4),
        then="the words without it are enough" if covered >= FLOOR else "what was heard is kept",
    )


def _as_error(failure: Failure) -> PodcastError:
    if failure.retryable:
        return TransientError(failure.message, advice=failure.advice, retry_after=failure.retry_after)
    return PermanentError(failure.message, advice=failure.advice)
