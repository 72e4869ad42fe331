"""Words must cover the speech; empty and thin text covers nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.process.coverage import refuse_gaps, share_covered, uncovered
from jobs.process.speech import Span, total
from shared.errors import PermanentError
from shared.models import Segment

SPEECH = [Span(0, 10), Span(12, 20), Span(200, 210)]


def said(start: float, end: float, letters: int) -> Segment:
    return Segment(start=start, end=end, text="w" * letters)


def test_text_over_all_speech_covers_it_whole():
    assert uncovered(SPEECH, [said(0, 20, 200), said(200, 210, 100)]) == []


def test_an_empty_text_covers_nothing():
    assert uncovered(SPEECH, [said(0, 20, 0), said(200, 210, 100)]) == [Span(0, 10), Span(12, 20)]


def test_a_text_with_too_few_letters_a_second_covers_nothing():
    assert uncovered(SPEECH, [said(0, 20, 200), said(200, 210, 24)]) == [Span(200, 210)]
    assert uncovered(SPEECH, [said(0, 20, 200), said(200, 210, 26)]) == []


def test_dots_and_notes_are_no_letters():
    assert uncovered([Span(0, 10)], [Segment(start=0, end=10, text="♪ ... " * 30)]) == [Span(0, 10)]


def test_the_refusal_says_where_the_first_gap_is_and_how_much_is_covered():
    speech = [Span(0, 100), Span(3_725, 3_745)]
    gaps = uncovered(speech, [said(0, 100, 1_000)])
    with pytest.raises(PermanentError, match=r"cover only 83% .* at 1:02:05–1:02:25") as refusal:
        refuse_gaps("the recording", speech, gaps)
    assert "PODCAST_AI=vertex" in (refusal.value.advice or "")


def test_five_per_cent_may_be_missing_and_no_more():
    speech = [Span(0, 100)]
    assert refuse_gaps("x", speech, [Span(95, 100)]) == pytest.approx(0.95)
    with pytest.raises(PermanentError):
        refuse_gaps("x", speech, [Span(94.9, 100)])


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 60), st.integers(0, 500)), max_size=20))
def test_gaps_are_never_more_than_the_speech_and_lie_in_it(parts):
    gaps = uncovered(SPEECH, [said(start, start + length, letters) for start, length, letters in parts])
    assert all(any(span.start <= gap.start < gap.end <= span.end for span in SPEECH) for gap in gaps)
    assert share_covered(SPEECH, gaps) == pytest.approx(1 - total(gaps) / total(SPEECH))
