"""Whether an answer may be believed. Pure: it sees what was answered and says what is wrong with it, if anything.

A reason is for the log, the error and the model's next try: it never quotes what was said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from shared.ai.loops import is_loop
from shared.ai.vertex.answers import Hearing, Understanding
from shared.ai.vertex.times import Moment, read_moment
from shared.models import Segment

BEYOND: Final = 2.0
"""Seconds that a time may lie beyond the end of the chunk; models round up."""

LONGEST_BELIEVED: Final = 120.0
"""Seconds. A longer segment says that the model stopped writing times; one between 30 s and this is merely split."""

FASTEST_SPEECH: Final = 60.0
"""Letters a second. The fastest speakers reach 25; more words than that were not said in that time."""

LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
"""Language, script and region of BCP 47, in their canonical case (RFC 5646, 2.1.1)."""

NOBODY: Final = "und"
"""BCP 47 for an undetermined language."""

LINK: Final = re.compile(r"(?:https?://|www\.)[^\s\"'<>]+", re.IGNORECASE)


class Fault(StrEnum):
    """What can be wrong with an answer; it decides what is tried next."""

    REFUSED = "refused"
    RECITED = "recited"
    CUT_OFF = "cut off"
    UNREADABLE = "unreadable"
    WRONG_TIMES = "wrong times"
    LOOP = "loop"
    WRONG_LANGUAGE = "wrong language"
    INVENTED = "invented"
    EMPTY = "empty"


@dataclass(frozen=True)
class Complaint:
    """Why an answer is not believed."""

    fault: Fault
    reason: str


ENDINGS: Final = {
    **dict.fromkeys(
        ("SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE"),
        (Fault.REFUSED, "the model refused to go on"),
    ),
    "RECITATION": (Fault.RECITED, "the model stopped because it was reciting something published"),
    **dict.fromkeys(("MAX_TOKENS", "CONTINUATION"), (Fault.CUT_OFF, "the answer was cut off at the model's limit")),
}
"""Finish reasons that have a meaning of their own; every other one but STOP is an answer that ended early.
Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse"""


def judge_ending(finish: str | None, blocked: str | None, *, parsed: bool) -> Complaint | None:
    """What the end of the answer says about it.

    Args:
        finish: the candidate's finish reason; None where there is no candidate.
        blocked: why the question itself was blocked, if it was.
        parsed: whether the answer has the shape that was asked for.
    """
    if blocked:
        return Complaint(Fault.REFUSED, f"the question was blocked ({blocked})")
    if finish != "STOP":
        fault, what = ENDINGS.get(finish or "", (Fault.UNREADABLE, "the answer ended early"))
        return Complaint(fault, f"{what} ({finish or 'no candidate'})")
    return None if parsed else Complaint(Fault.UNREADABLE, "the answer is not JSON of the shape that was asked for")


def judge_hearing(heard: Hearing, duration: float) -> Complaint | None:
    """What is wrong with the words of a chunk that lasts `duration` seconds."""
    times = [(read_moment(each.start), read_moment(each.end)) for each in heard.segments]
    complaint = _judge_times(times, duration)
    if complaint:
        return complaint
    text = " ".join(each.text for each in heard.segments)
    if is_loop(text):
        return Complaint(Fault.LOOP, "the answer repeats itself over and over")
    if sum(map(str.isalnum, text)) > max(duration, 1.0) * FASTEST_SPEECH:
        return Complaint(Fault.INVENTED, "the answer has more words than anybody can say in that time")
    return _judge_language(canonical_language(heard.language), text)


def judge_understanding(
    told: Understanding, transcript: Sequence[Segment], language: str, duration: float
) -> Complaint | None:
    """What is wrong with a digest that was to be written in `language`."""
    if not told.title.strip() or not told.summary.strip():
        return Complaint(Fault.EMPTY, "title or summary is empty")
    starts = [read_moment(each.start) for each in told.chapters]
    if any(start is None or start.seconds > duration + BEYOND for start in starts):
        return Complaint(Fault.WRONG_TIMES, "a chapter's time is not one of the transcript's")
    if any(later.seconds < earlier.seconds for earlier, later in pairwise(each for each in starts if each)):
        return Complaint(Fault.WRONG_TIMES, "the chapters are not in order of time")
    text = "\n".join(_all_words(told))
    if is_loop(told.summary):
        return Complaint(Fault.LOOP, "the summary repeats itself over and over")
    said = " ".join(each.text for each in transcript)
    if any(link.rstrip(".,)") not in said for link in LINK.findall(text)):
        return Complaint(Fault.INVENTED, "there is a link in it that nobody said")
    return _judge_language(canonical_language(language), told.title + told.summary)


def canonical_language(code: str) -> str:
    """The code in the case that BCP 47 writes it in: `JA` and `ja_jp` become `ja` and `ja-JP`."""
    first, *rest = code.strip().replace("_", "-").split("-")
    shaped = [part.title() if len(part) == len("Jpan") else part.upper() for part in rest]
    return "-".join((first.lower(), *shaped))


def _judge_times(times: Sequence[tuple[Moment | None, Moment | None]], duration: float) -> Complaint | None:
    before = 0.0
    for number, (start, end) in enumerate(times, start=1):
        if start is None or end is None:
            return Complaint(Fault.WRONG_TIMES, f"the time of segment {number} is not MM:SS.t")
        if start.seconds < before:
            return Complaint(Fault.WRONG_TIMES, f"segment {number} begins before the one in front of it")
        if end.seconds < start.seconds:
            return Complaint(Fault.WRONG_TIMES, f"segment {number} ends before it begins")
        if end.seconds > duration + BEYOND or start.seconds > duration:
            return Complaint(Fault.WRONG_TIMES, f"segment {number} lies beyond the end of the audio")
        if end.seconds - start.seconds > LONGEST_BELIEVED:
            return Complaint(Fault.WRONG_TIMES, f"segment {number} lasts {end.seconds - start.seconds:.0f} s")
        before = start.seconds
    return None


def _judge_language(code: str, text: str) -> Complaint | None:
    if not LANGUAGE.fullmatch(code):
        return Complaint(Fault.WRONG_LANGUAGE, "the language is not a BCP 47 code")
    letters = [each for each in text if each.isalpha()]
    if not letters:
        return None
    if code == NOBODY:
        return Complaint(Fault.WRONG_LANGUAGE, "there are words but no language")
    primary = code.partition("-")[0]
    for script, languages in OWN_SCRIPTS.items():
        share = sum(unicodedata.name(each, "").startswith(script) for each in letters) / len(letters)
        if share > MUCH and primary not in languages:
            return Complaint(Fault.WRONG_LANGUAGE, f"the words are not in the language that '{code}' stands for")
    needed = next((scripts for language, scripts in NEEDED_SCRIPTS.items() if language == primary), None)
    if needed and len(letters) >= ENOUGH_LETTERS:
        share = sum(unicodedata.name(each, "").startswith(needed) for each in letters) / len(letters)
        if share < LITTLE:
            return Complaint(Fault.WRONG_LANGUAGE, f"the words are not in the language that '{code}' stands for")
    return None


OWN_SCRIPTS: Final = {
    ("HIRAGANA", "KATAKANA"): {"ja", "ain", "ryu"},
    ("HANGUL",): {"ko"},
    ("THAI",): {"th"},
    ("HEBREW",): {"he", "yi"},
    ("GREEK",): {"el", "grc"},
}
"""Scripts that belong to so few languages that they tell on a wrong code; by the first words of Unicode's names."""

NEEDED_SCRIPTS: Final = {
    "ja": ("HIRAGANA", "KATAKANA", "CJK"),
    "zh": ("CJK", "BOPOMOFO"),
    "ko": ("HANGUL", "CJK"),
    "ru": ("CYRILLIC",),
    "uk": ("CYRILLIC",),
    "el": ("GREEK",),
    "th": ("THAI",),
    "he": ("HEBREW",),
    "ar": ("ARABIC",),
    "hi": ("DEVANAGARI",),
    "en": ("LATIN",),
    "de": ("LATIN",),
    "fr": ("LATIN",),
    "es": ("LATIN",),
}
"""What a text in these languages is written in; a romanised transcript is no transcript."""

MUCH: Final = 0.3
LITTLE: Final = 0.2
ENOUGH_LETTERS: Final = 40


def _all_words(told: Understanding) -> list[str]:
    return [
        told.title,
        told.summary,
        *told.keywords,
        *(chapter.title for chapter in told.chapters),
        *told.topics,
        *told.decisions,
        *told.action_items,
        *(speaker.name or "" for speaker in told.speakers),
    ]
