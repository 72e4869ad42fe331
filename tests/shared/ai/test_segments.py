"""Times of a transcript: in order, apart, inside the audio, none longer than 30 s, and no word lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ai.segments import LONGEST_SEGMENT, text_of, tidy
from shared.models import Segment

WORDS = st.text("abc,.!? 。、日本", min_size=0, max_size=60)
SEGMENTS = st.lists(
    st.builds(
        lambda start, length, text: Segment(start=start, end=start + length, text=text),
        st.floats(0, 400),
        st.floats(0, 200),
        WORDS,
    ),
    max_size=25,
)


def letters(segments: list[Segment]) -> list[str]:
    return sorted("".join(segment.text for segment in segments).replace(" ", ""))


@given(SEGMENTS, st.floats(1, 300))
def test_times_are_monotonic_inside_the_audio_and_never_longer_than_allowed(segments, duration):
    tidied = tidy(segments, 0.0, duration)
    previous = 0.0
    for segment in tidied:
        assert previous <= segment.start < segment.end <= duration + 0.0005
        assert segment.end - segment.start <= LONGEST_SEGMENT + 0.001
        assert segment.text.strip()
        previous = segment.end


@given(SEGMENTS)
def test_no_letter_is_lost_where_there_is_room(segments):
    assert letters(tidy(segments, 0.0, 1_000.0)) == letters(segments)


@given(SEGMENTS, st.floats(1, 300))
def test_what_is_tidy_stays_as_it_is(segments, duration):
    once = tidy(segments, 0.0, duration)
    assert tidy(once, 0.0, duration) == once


def test_a_long_segment_is_split_between_sentences_and_shares_its_time_by_letters():
    text = "x" * 39 + ". " + "y" * 39 + "."
    first, second = tidy([Segment(start=0, end=40, text=text)], 0.0, 100.0)
    assert (first.text, first.start, first.end) == ("x" * 39 + ".", 0, 20)
    assert (second.text, second.start, second.end) == ("y" * 39 + ".", 20, 40)


def test_a_long_segment_without_sentences_is_split_between_clauses_else_between_words():
    clauses = tidy([Segment(start=0, end=40, text="one two, three four")], 0.0, 100.0)
    assert [each.text for each in clauses] == ["one two,", "three four"]
    words = tidy([Segment(start=0, end=40, text="one two three four")], 0.0, 100.0)
    assert [each.text for each in words] == ["one two", "three four"]


def test_japanese_is_split_though_it_has_no_spaces():
    pieces = tidy([Segment(start=0, end=50, text="今日は暑いです。明日も暑いでしょう。")], 0.0, 100.0)
    assert [each.text for each in pieces] == ["今日は暑いです。", "明日も暑いでしょう。"]


def test_of_two_that_overlap_the_earlier_one_ends_as_the_later_one_begins():
    first, second = tidy([Segment(start=3, end=8, text="later"), Segment(start=0, end=5, text="earlier")], 0.0, 10.0)
    assert (first.text, first.end, second.start) == ("earlier", 3, 3)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["こんにちは。", "よろしく"], "こんにちは。よろしく"),
        (["今日は", "図書館"], "今日は図書館"),
        (["今日は OpenStreetMap の話。", "Wikipedia も"], "今日は OpenStreetMap の話。Wikipedia も"),
        (["大家好，", "欢迎 收听"], "大家好，欢迎收听"),
        (["「はい」", "\u3000Yes."], "「はい」Yes."),
        (["안녕하세요.", "반갑습니다"], "안녕하세요. 반갑습니다"),
        (["สวัสดีครับ", "ยินดีต้อนรับ"], "สวัสดีครับ ยินดีต้อนรับ"),
        (["One  two.", "Three\nfour."], "One two. Three four."),
    ],
)
def test_words_are_joined_as_their_script_joins_them(said, expected):
    segments = [Segment(start=n, end=n + 1, text=text) for n, text in enumerate(said)]
    assert text_of(segments) == expected
    assert text_of(tidy(segments, 0.0, 60.0)) == expected
    together = tidy([Segment(start=0, end=25, text=" ".join(said))], 0.0, 50.0)
    assert text_of(together) == expected


def test_words_without_room_of_their_own_are_joined_to_those_before_as_their_script_joins_them():
    segments = [Segment(start=0, end=2, text="はい。"), Segment(start=2, end=2, text="どうぞ。")]
    assert [each.text for each in tidy(segments, 0.0, 2.0)] == ["はい。どうぞ。"]
