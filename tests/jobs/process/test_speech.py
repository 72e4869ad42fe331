"""Spans of speech from probabilities, and the detector on real sound."""

import pytest
import support_audio as audio
from hypothesis import given
from hypothesis import strategies as st

from jobs.process.samples import mono_blocks
from jobs.process.speech import Span, spans_of_speech, total
from jobs.process.vad import FRAME, FRAME_SECONDS, VoiceActivityDetector

FRAMES = st.lists(st.floats(0, 1), max_size=400)


@given(FRAMES)
def test_spans_are_in_order_apart_and_inside_the_audio(probabilities):
    duration = len(probabilities) * 0.032
    spans = spans_of_speech(probabilities, 0.032, duration)
    bounds = [bound for span in spans for bound in (span.start, span.end)]
    assert bounds == sorted(bounds)
    assert all(span.duration > 0 for span in spans)
    assert all(0 <= bound <= duration for bound in bounds)


def test_a_short_pause_does_not_end_speech_and_a_click_is_none():
    spoken, quiet = [0.9], [0.1]
    probabilities = quiet * 10 + spoken * 20 + quiet * 2 + spoken * 20 + quiet * 30 + spoken * 3 + quiet * 30
    (span,) = spans_of_speech(probabilities, 0.032, 10.0)
    assert span.start == pytest.approx(10 * 0.032 - 0.03)
    assert span.end == pytest.approx(52 * 0.032 + 0.03)


def detected(tmp_path, samples, rate) -> list[Span]:
    path = audio.write_audio(tmp_path / "t.wav", samples, rate)
    detector = VoiceActivityDetector()
    with path.open("rb") as source:
        frames = mono_blocks(source, "t.wav", 1.0, size=FRAME)
        probabilities = [detector.probability(frame) for frame in frames]
    return spans_of_speech(probabilities, FRAME_SECONDS, len(samples) / rate)


def test_people_are_heard_and_tones_and_noise_are_not(tmp_path):
    assert total(detected(tmp_path, *audio.recorded("beckett"))) > 4
    assert detected(tmp_path, audio.tone(5), 44_100) == []
    assert detected(tmp_path, audio.noise(5), 44_100) == []
