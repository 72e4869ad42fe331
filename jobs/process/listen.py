"""The passes over a recording that listen: first for speech, then for words. Memory does not grow with length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from jobs.process.abreast import abreast
from jobs.process.analysts import Listener
from jobs.process.checkpoints import Checkpoints
from jobs.process.chunks import cut_samples
from jobs.process.coverage import uncovered
from jobs.process.recognise import recognise
from jobs.process.samples import Samples, mono_blocks
from jobs.process.speech import Span, spans_of_speech, total
from jobs.process.vad import FRAME, FRAME_SECONDS, VoiceActivityDetector
from jobs.process.windows import SpeechWindows
from shared.ai import SAMPLE_RATE, AudioChunk, HeardChunk

LANGUAGE_WINDOWS: Final = 4
"""Windows from which the language is told; between this many and twice as many are kept."""

Tell = Callable[[float], None]
"""Is called with the seconds that are done."""


@dataclass(frozen=True)
class Speech:
    """Where somebody speaks, and windows of it spread over the episode."""

    spans: list[Span]
    windows: list[Samples]


def find_speech(source: BinaryIO, name: str, gain: float, duration: float, tell: Tell) -> Speech:
    """Listens for speech from start to end.

    Args:
        source: seekable reader; it is left open.
        name: of the recording; its extension decides the demuxer.
        gain: linear factor for recognition.
        duration: seconds of the recording.
        tell: hears how far it is.
    """
    detector, windows = VoiceActivityDetector(), SpeechWindows(LANGUAGE_WINDOWS)

    def probabilities() -> Iterator[float]:
        for number, frame in enumerate(mono_blocks(source, name, gain, size=FRAME)):
            probability = detector.probability(frame)
            windows.add(frame, probability)
            tell(number * FRAME_SECONDS)
            yield probability

    spans = spans_of_speech(probabilities(), FRAME_SECONDS, duration)
    return Speech(spans, windows.windows())


def hear_words(
    source: BinaryIO,
    name: str,
    plan: Sequence[Span],
    gain: float,
    speech: Sequence[Span],
    *,
    listener: Listener,
    checkpoints: Checkpoints,
    tell: Tell,
) -> list[HeardChunk]:
    """Listens to the words, as many chunks at a time as the listener can; chunks without speech are passed over.

    What was heard of a chunk is its checkpoint, and a retry asks only about what has no words yet. What was kept is
    neither heard nor paid for again; what the rest will cost is asked before any of it is heard.
    """
    spoken = {number: _within(speech, each.start, each.end) for number, each in enumerate(plan)}
    kept = {number: known for number, each in enumerate(plan) if (known := checkpoints.of(number, each))}
    heard = {number: known for number, known in kept.items() if known.finished}
    missing = {number for number, spans in spoken.items() if spans and number not in heard}
    begun = {number: kept[number] for number in missing if number in kept}
    if missing:
        gaps = [
            total(uncovered(spoken[number], begun[number].segments, listener.tolerance))
            if number in begun
            else plan[number].duration
            for number in missing
        ]
        listener.refuse_cost(sum(gaps))

    def hear(chunk: AudioChunk) -> HeardChunk:
        return recognise(
            listener.analyst,
            chunk,
            spoken[chunk.number],
            tolerance=listener.tolerance,
            worth_hearing_again=listener.worth_hearing_again,
            begun=begun.get(chunk.number),
            keep=checkpoints.keep,
        )

    chunks = cut_samples(mono_blocks(source, name, gain, size=SAMPLE_RATE), plan) if missing else iter(())
    done = total(plan) - sum(plan[number].duration for number in missing)
    for words in abreast(hear, (each for each in chunks if each.number in missing), listener.chunks_abreast):
        heard[words.number] = words
        done += words.end - words.start
        tell(done)
    return [heard[number] for number in sorted(heard)]


def _within(speech: Sequence[Span], start: float, end: float) -> list[Span]:
    inside = (Span(max(span.start, start), min(span.end, end)) for span in speech)
    return [span for span in inside if span.duration > 0]
