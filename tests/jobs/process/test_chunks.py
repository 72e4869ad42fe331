"""Chunks tile the audio, are never too long, and are cut where nobody speaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.process.chunks import cut_samples, plan_chunks
from jobs.process.speech import Span
from shared.ai import SAMPLE_RATE

LONGEST = 60.0


@st.composite
def speeches(draw: st.DrawFn) -> tuple[list[Span], float]:
    """Where somebody speaks in an audio of some length."""
    lengths = draw(st.lists(st.tuples(st.floats(0.01, 90), st.floats(0.26, 150)), max_size=40))
    spans, now = [], 0.0
    for pause, speech in lengths:
        spans.append(Span(now + pause, now + pause + speech))
        now += pause + speech
    return spans, now + draw(st.floats(0.001, 200))


@given(speeches(), st.sampled_from([15.0, 60.0, 900.0]))
def test_chunks_tile_the_audio_and_none_is_too_long(case, longest):
    speech, duration = case
    chunks = plan_chunks(speech, duration, longest)
    bounds = [bound for chunk in chunks for bound in (chunk.start, chunk.end)]
    assert bounds[0] == 0
    assert bounds[-1] == int(duration * 1000) / 1000
    assert bounds[1:-1:2] == bounds[2::2]
    assert all(0 < chunk.end - chunk.start <= longest + 1e-9 for chunk in chunks)


@given(speeches())
def test_a_cut_is_in_a_pause_wherever_its_chunk_has_one(case):
    speech, duration = case
    for chunk in plan_chunks(speech, duration, LONGEST)[:-1]:
        reach = chunk.start + LONGEST
        befores, afters = [0.0, *(each.end for each in speech)], [*(each.start for each in speech), duration]
        paused = [
            min(after, reach) - max(before, chunk.start)
            for before, after in zip(befores, afters, strict=True)
            if before > chunk.start
        ]
        if max(paused, default=0.0) > 0.01:
            assert not any(span.start + 0.001 < chunk.end < span.end - 0.001 for span in speech)


def test_speech_without_any_pause_is_cut_at_the_limit():
    assert plan_chunks([Span(0, 150)], 150.0, LONGEST) == [Span(0, 60), Span(60, 120), Span(120, 150)]


def test_the_pause_that_a_chunk_begins_in_is_not_cut_into_crumbs():
    speech = [Span(0, 50), Span(52, 150)]
    assert plan_chunks(speech, 150.0, LONGEST) == [Span(0, 51), Span(51, 111), Span(111, 150)]


def test_the_longest_pause_of_the_second_half_is_chosen():
    speech = [Span(0, 10), Span(20, 40), Span(40.2, 50), Span(51, 100)]
    assert plan_chunks(speech, 100.0, LONGEST)[0] == Span(0, 50.5)


@given(st.integers(1, 50_000), st.integers(1, 3_000), st.floats(0.2, 1.5))
def test_the_chunks_samples_are_those_of_the_recording(length, block, longest):
    samples = np.arange(length, dtype=np.float32)
    blocks = [samples[start : start + block] for start in range(0, length, block)]
    plan = plan_chunks([], length / SAMPLE_RATE, longest)
    chunks = list(cut_samples(blocks, plan))
    together = np.concatenate([np.zeros(0, np.float32), *(chunk.samples for chunk in chunks)])
    assert np.array_equal(together, samples[: len(together)])
    # What is left out is less than the last millisecond.
    assert length - len(together) < SAMPLE_RATE / 1000
    for chunk, span in zip(chunks, plan, strict=True):
        assert chunk.start == span.start
        assert chunk.end == pytest.approx(span.end, abs=1e-6)
