"""Utterances long enough to be understood, and sentences put where they were said."""

from hypothesis import given
from hypothesis import strategies as st

from jobs.process.local.utterances import LONGEST, place, utterances
from jobs.process.speech import Span

SPANS = st.lists(st.tuples(st.floats(0.06, 5), st.floats(0.25, 9)), min_size=1, max_size=30)


def spans_of(pairs: list[tuple[float, float]]) -> list[Span]:
    spans, now = [], 0.0
    for pause, speech in pairs:
        spans.append(Span(now + pause, now + pause + speech))
        now += pause + speech
    return spans


@given(SPANS)
def test_utterances_hold_all_speech_and_stay_short_enough(pairs):
    speech = spans_of(pairs)
    joined = utterances(speech)
    assert all(any(each.start <= span.start and span.end <= each.end for each in joined) for span in speech)
    assert all(each.duration <= LONGEST or each in speech for each in joined)


@given(SPANS, st.lists(st.sampled_from(["Yes.", "We will go there.", "What do you mean by that?"]), min_size=1))
def test_placed_sentences_are_in_order_and_within_the_speech(pairs, sentences):
    speech = spans_of(pairs)
    placed = place(" ".join(sentences), speech)
    assert [each.text for each in placed] == sentences
    times = [time for each in placed for time in (each.start, each.end)]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (speech[0].start, speech[-1].end)


def test_a_sentence_ends_where_the_speaker_paused():
    first, second = place("It rained all day. We stayed at home.", [Span(1, 3.2), Span(4, 6)])
    assert (first.start, first.end) == (1, 3.2)
    assert (second.start, second.end) == (4, 6)
