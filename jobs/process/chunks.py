"""Cutting an episode into chunks: where, and the samples of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from jobs.process.samples import Samples
from jobs.process.speech import Span
from shared.ai import SAMPLE_RATE, AudioChunk

SAMPLES_A_MILLISECOND: Final = SAMPLE_RATE // 1000


def plan_chunks(speech: Sequence[Span], duration: float, longest: float) -> list[Span]:
    """Chunks that tile the audio without gap or overlap, none longer than `longest`, all bounds on whole milliseconds.

    A cut lies in the middle of the longest pause of the chunk's second half, else of its first. The pause that the
    chunk begins in does not count; only speech without any other is cut where the chunk must end.

    Args:
        speech: where somebody speaks, in order.
        duration: seconds of the whole audio.
        longest: seconds of one chunk, at least a millisecond.
    """
    pauses = _pauses(speech, duration)
    duration = int(duration * 1000) / 1000
    chunks: list[Span] = []
    start = 0.0
    while duration - start > longest:
        middle, end = start + longest / 2, start + longest
        later = [each for each in pauses if each.start > start]
        found = _longest_pause(pauses, middle, end) or _longest_pause(later, start, middle)
        cut = end if found is None else (found.start + found.end) / 2
        # Rounded down, so that no chunk becomes longer than allowed; at least a millisecond on, so that it ends.
        cut = max(int(cut * 1000), round(start * 1000) + 1) / 1000
        chunks.append(Span(start, cut))
        start = cut
    if duration > start:
        chunks.append(Span(start, duration))
    return chunks


def cut_samples(blocks: Iterable[Samples], plan: Sequence[Span]) -> Iterator[AudioChunk]:
    """The planned chunks with their samples, one after the other; holds one chunk at a time.

    Args:
        blocks: the recording at `SAMPLE_RATE`, from its start.
        plan: chunks that tile it.
    """
    stream = iter(blocks)
    rest = np.zeros(0, np.float32)
    for number, span in enumerate(plan):
        # Filled in place: fresh memory for a quarter of an hour costs more than the copying.
        samples = np.empty(round((span.end - span.start) * 1000) * SAMPLES_A_MILLISECOND, np.float32)
        held = 0
        while held < len(samples):
            if not len(rest):
                block = next(stream, None)
                if block is None:
                    break
                rest = block
            taken = min(len(rest), len(samples) - held)
            samples[held : held + taken] = rest[:taken]
            rest = rest[taken:]
            held += taken
        yield AudioChunk(number=number, start=span.start, samples=samples[:held])


def _pauses(speech: Sequence[Span], duration: float) -> list[Span]:
    bounds = [0.0, *(bound for span in speech for bound in (span.start, span.end)), duration]
    pairs = zip(bounds[::2], bounds[1::2], strict=True)
    return [Span(start, end) for start, end in pairs if end > start]


def _longest_pause(pauses: Sequence[Span], start: float, end: float) -> Span | None:
    inside = [Span(max(each.start, start), min(each.end, end)) for each in pauses]
    return max((each for each in inside if each.duration > 0), key=lambda each: each.duration, default=None)
