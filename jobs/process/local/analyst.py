"""The embedded analyst: hears English with Moonshine, understands with statistics, costs nothing."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

import numpy as np

from jobs.process.local.decoder import Decoder
from jobs.process.local.language import refuse_other_languages
from jobs.process.local.moonshine import Recogniser, model_folder
from jobs.process.local.utterances import place, utterances
from jobs.process.samples import Samples
from jobs.process.speech import spans_of_speech
from jobs.process.vad import FRAME, FRAME_SECONDS, VoiceActivityDetector
from shared.ai import NO_VOICES, SAMPLE_RATE, AudioChunk, HeardChunk
from shared.models import Cost, Digest, Segment
from shared.show import ShowSettings

MADE_BY: Final = "Moonshine tiny-en speech recognition and an extractive summary"
MODEL: Final = "moonshine-tiny-en"

LONGEST_CHUNK: Final = 60.0
"""Seconds; short enough that a checkpoint is never far away, and long enough that few sentences are cut in two."""

PADDING: Final = 0.2
"""Seconds of sound around an utterance; without them its first and last word suffer."""


class LocalAnalyst:
    """Implements `shared.ai.Analyst`; the model is loaded with the first chunk."""

    @property
    def made_by(self) -> str:
        return MADE_BY

    def transcribe(self, chunk: AudioChunk) -> HeardChunk:
        speech = spans_of_speech(_probabilities(chunk.samples), FRAME_SECONDS, chunk.duration)
        spoken = utterances(speech)
        bounds = [0.0, *(bound for each in spoken for bound in (each.start, each.end)), chunk.duration]
        segments: list[Segment] = []
        for number, utterance in enumerate(spoken):
            # The padding ends where the neighbour begins, so that no word is heard twice.
            start = max(utterance.start - PADDING, bounds[2 * number])
            end = min(utterance.end + PADDING, bounds[2 * number + 3])
            text = self._recogniser.text(chunk.samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)])
            if text:
                inside = [each for each in speech if utterance.start <= each.start < utterance.end]
                segments += place(text, inside)
        return HeardChunk(
            number=chunk.number,
            start=chunk.start,
            end=chunk.end,
            segments=[_shifted(each, chunk.start) for each in segments],
            language="en",
            costs=[Cost(model=MODEL)],
        )

    def digest(
        self,
        transcript: Sequence[Segment],
        *,
        language: str,
        show: ShowSettings,
        voices: Mapping[str, str] = NO_VOICES,
    ) -> Digest:
        from jobs.process.local.digest import digest_of  # noqa: PLC0415 - what it brings is not needed while hearing

        return digest_of(transcript)

    @cached_property
    def _recogniser(self) -> Recogniser:
        return Recogniser()


def refuse_unless_english(name: str, windows: Sequence[Samples]) -> None:
    """Raises PermanentError where windows of an episode's speech are in another language than English."""
    decoder = Decoder(model_folder())
    confidences = [decoder.confidence(window) for window in windows]
    # It is loaded for this question only, and the recogniser is about to need as much memory again.
    del decoder
    _give_memory_back()
    refuse_other_languages(name, confidences)


def _give_memory_back() -> None:
    """Has glibc return what is free to the system; without that, peak memory is 60 MB higher. Other libcs do not."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _probabilities(samples: Samples) -> Iterator[float]:
    detector = VoiceActivityDetector()
    padded = np.concatenate([samples, np.zeros(-len(samples) % FRAME, np.float32)])
    for frame in padded.reshape(-1, FRAME):
        yield detector.probability(frame)


def _shifted(segment: Segment, by: float) -> Segment:
    return segment.model_copy(update={"start": segment.start + by, "end": segment.end + by})
