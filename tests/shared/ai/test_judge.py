"""What makes an answer unbelievable, one rule at a time."""

from __future__ import annotations

import pytest
from support_vertex import DIGEST, WORDS, hearing

from shared.ai.vertex.answers import Hearing, Understanding
from shared.ai.vertex.judge import Fault, canonical_language, judge_ending, judge_hearing, judge_understanding
from shared.ai.vertex.times import read_moment
from shared.models import Segment

JAPANESE = "皆さんこんにちは、第十二回の放送を始めます。司会の佐藤です。今日は新しい図書館の計画について伺います。"
TRANSCRIPT = [Segment(start=0.0, end=10.0, text="Our library is at www.library.example and it is rebuilt.")]


def heard(*words: tuple[str, str, str], language: str = "en") -> Hearing:
    return Hearing.model_validate(hearing([(start, end, None, text) for start, end, text in words], language))


def understood(**changes: object) -> Understanding:
    return Understanding.model_validate({**DIGEST, **changes})


@pytest.mark.parametrize(
    ("finish", "blocked", "parsed", "fault"),
    [
        ("STOP", None, True, None),
        ("STOP", None, False, Fault.UNREADABLE),
        ("MAX_TOKENS", None, False, Fault.CUT_OFF),
        ("MAX_TOKENS", None, True, Fault.CUT_OFF),
        ("CONTINUATION", None, False, Fault.CUT_OFF),
        ("SAFETY", None, False, Fault.REFUSED),
        ("PROHIBITED_CONTENT", None, False, Fault.REFUSED),
        ("BLOCKLIST", None, False, Fault.REFUSED),
        ("SPII", None, False, Fault.REFUSED),
        ("RECITATION", None, True, Fault.RECITED),
        ("OTHER", None, True, Fault.UNREADABLE),
        ("A_REASON_OF_NEXT_YEAR", None, True, Fault.UNREADABLE),
        (None, None, False, Fault.UNREADABLE),
        (None, "SAFETY", False, Fault.REFUSED),
        (None, "MODEL_ARMOR", False, Fault.REFUSED),
    ],
)
def test_only_an_answer_that_came_to_its_end_is_read(finish, blocked, parsed, fault) -> None:
    complaint = judge_ending(finish, blocked, parsed=parsed)
    assert (complaint.fault if complaint else None) == fault
    assert complaint is None or (finish or blocked or "no candidate") in complaint.reason or not parsed


def test_a_good_answer_is_believed() -> None:
    assert judge_hearing(Hearing.model_validate(hearing(WORDS)), 10.0) is None


def test_silence_may_have_no_words_and_no_language() -> None:
    assert judge_hearing(heard(language="und"), 10.0) is None


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([("00:05", "00:07", "One."), ("00:03", "00:08", "Two.")], "begins before"),
        ([("00:05", "00:04", "One.")], "ends before it begins"),
        ([("00:05", "00:13", "One.")], "beyond the end"),
        ([("13:03", "13:05", "One.")], "beyond the end"),
        ([("1.30", "00:05", "One.")], "is not MM:SS.t"),
        ([("five", "00:05", "One.")], "is not MM:SS.t"),
        ([("00:01", "", "One.")], "is not MM:SS.t"),
        ([("-0:01", "00:05", "One.")], "is not MM:SS.t"),
    ],
)
def test_times_that_cannot_be_are_not_believed(words, why) -> None:
    complaint = judge_hearing(heard(*words), 10.0)
    assert complaint is not None
    assert complaint.fault is Fault.WRONG_TIMES
    assert why in complaint.reason


def test_a_segment_of_minutes_says_that_the_model_stopped_writing_times() -> None:
    complaint = judge_hearing(heard(("00:00", "03:00", "One long text.")), 200.0)
    assert complaint is not None
    assert complaint.fault is Fault.WRONG_TIMES


def test_a_segment_a_little_too_long_is_believed_since_it_can_be_split() -> None:
    assert judge_hearing(heard(("00:00", "00:45", "One long text, and some more.")), 60.0) is None


def test_the_last_segment_may_end_a_rounding_later_than_the_audio() -> None:
    assert judge_hearing(heard(("00:05", "00:11", "One.")), 10.2) is None


def test_a_loop_is_not_believed() -> None:
    words = [(f"00:{second:02}", f"00:{second:02}.9", "Thank you for watching.") for second in range(40)]
    complaint = judge_hearing(heard(*words), 40.0)
    assert complaint is not None
    assert complaint.fault is Fault.LOOP


def test_more_words_than_anybody_can_say_are_not_believed() -> None:
    numbers = " ".join(str(number * 7919 % 10007) for number in range(200))
    complaint = judge_hearing(heard(("00:00", "00:02", numbers)), 2.0)
    assert complaint is not None
    assert complaint.fault is Fault.INVENTED


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("japanese", JAPANESE),
        ("", JAPANESE),
        ("en", JAPANESE),
        ("zh", JAPANESE),
        ("und", JAPANESE),
        ("ja", "Minasan konnichiwa, dai juuni kai no housou wo hajimemasu. Shikai no Satou desu."),
        ("ru", "Dobroe utro, dorogie druzya, segodnya my govorim o biblioteke."),
        ("en; ignore all rules", "Good morning."),
    ],
)
def test_a_language_that_the_words_are_not_in_is_not_believed(language, text) -> None:
    complaint = judge_hearing(heard(("00:00", "00:09", text), language=language), 10.0)
    assert complaint is not None
    assert complaint.fault is Fault.WRONG_LANGUAGE


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", JAPANESE),
        ("ja-JP", JAPANESE),
        ("JA", JAPANESE),
        ("en-US", "Good morning, this is what we call 図書館."),
        ("zh-Hant", "大家好，歡迎收聽我們的節目，今天我們來談談圖書館。"),
        ("ko", "안녕하세요, 오늘은 도서관에 대해 이야기하겠습니다."),
        ("cy", "Bore da i bawb."),
        ("yue", "大家好"),
        ("ja", "OK."),
    ],
)
def test_a_language_that_fits_its_words_is_believed(language, text) -> None:
    assert judge_hearing(heard(("00:00", "00:09", text), language=language), 10.0) is None


def test_language_codes_get_their_canonical_case() -> None:
    codes = ["JA", "ja_jp", "zh-hant", "es-419", "sr-latn-rs"]
    assert [canonical_language(each) for each in codes] == ["ja", "ja-JP", "zh-Hant", "es-419", "sr-Latn-RS"]


@pytest.mark.parametrize(
    ("text", "seconds", "step"),
    [
        ("04:31.2", 271.2, 0.1),
        ("4:31", 271.0, 1.0),
        ("1:04:31", 3871.0, 1.0),
        ("00:01,250", 1.25, 0.001),
        ("75:00", 4500, 1),
    ],
)
def test_times_are_read_with_their_precision(text, seconds, step) -> None:
    moment = read_moment(text)
    assert moment is not None
    assert (moment.seconds, moment.step) == pytest.approx((seconds, step))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"title": "  "}, Fault.EMPTY),
        ({"summary": ""}, Fault.EMPTY),
        ({"chapters": [{"start": "0:20:00", "title": "Later"}]}, Fault.WRONG_TIMES),
        ({"chapters": [{"start": "soon", "title": "Later"}]}, Fault.WRONG_TIMES),
        (
            {"chapters": [{"start": "0:00:08", "title": "B"}, {"start": "0:00:01", "title": "A"}]},
            Fault.WRONG_TIMES,
        ),
        ({"summary": "The library is rebuilt. " * 40}, Fault.LOOP),
        ({"title": "図書館の建て替えについて", "summary": JAPANESE}, Fault.WRONG_LANGUAGE),
        ({"summary": "Buy at https://evil.example/now today."}, Fault.INVENTED),
        ({"decisions": ["See www.evil.example."]}, Fault.INVENTED),
        ({"summary": "More at www.library.example."}, None),
    ],
)
def test_a_digest_says_only_what_the_transcript_can_bear(changes, fault) -> None:
    complaint = judge_understanding(understood(**changes), TRANSCRIPT, "en", 10.0)
    assert (complaint.fault if complaint else None) == fault


def test_no_complaint_quotes_what_was_said() -> None:
    secret = "confidential"
    bad = [
        judge_hearing(heard(("00:05", "00:04", secret)), 10.0),
        judge_hearing(heard(("00:00", "00:09", (secret + " ") * 60)), 10.0),
        judge_hearing(heard(("00:00", "00:09", secret), language=secret), 10.0),
        judge_understanding(understood(summary=f"https://{secret}.example"), TRANSCRIPT, "en", 10.0),
    ]
    assert all(complaint is not None and secret not in complaint.reason for complaint in bad)
