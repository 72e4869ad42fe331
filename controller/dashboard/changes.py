"""From what the editor sends to the edits that are kept, or to what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from controller.dashboard.desk import Draft
from controller.dashboard.lines import without_place, words_of
from controller.dashboard.times import parse_time
from controller.dashboard.words import EditorWords
from shared.models import Chapter, EpisodeEdits, LineEdit, ProcessingMetadata, Segment

LONGEST_TITLE: Final = 255
LONGEST_SUMMARY: Final = 4000
LONGEST: Final = {"title": LONGEST_TITLE, "summary": LONGEST_SUMMARY}
LONGEST_NAME: Final = 100
LONGEST_LINE: Final = 2000
"""Characters; thirty seconds of the fastest speech are fewer than 1,000."""
SAME: Final = 0.002
"""Seconds within which two times are the same one."""

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SentChapter(BaseModel):
    """A chapter; its start in seconds, or as people write it."""

    model_config = ConfigDict(extra="forbid")

    start: Seconds | str
    title: str


class SentLine(BaseModel):
    """A line of the transcript, known by its times and the model's words; no text takes it out."""

    model_config = ConfigDict(extra="forbid")

    start: Seconds
    end: Seconds
    was: str | None = None
    text: str


class SentEdits(BaseModel):
    """Everything that differs from the model's words. What is None, or not there, is as the model wrote it."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = None
    summary: str | None = None
    chapters: list[SentChapter] | None = None
    speaker_names: dict[str, str] = {}
    lines: list[SentLine] = []


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field, such as `title`, `chapters.2.start`, `speaker_names.Speaker 1` or `lines.7`."""

    field: str
    message: str


def edits_from(sent: SentEdits, draft: Draft, words: EditorWords) -> EpisodeEdits | list[Problem]:
    """The edits as they are kept: only what differs from what the model wrote. All problems at once otherwise."""
    heard = draft.heard
    problems: list[Problem] = []
    title = _text("title", sent.title, heard.title, words, problems)
    summary = _text("summary", sent.summary, heard.summary, words, problems)
    chapters = _chapters(sent.chapters, heard, words, problems)
    names = _names(sent.speaker_names, draft, words, problems)
    lines = list(_lines(sent.lines, heard.segments, words, problems))
    if problems:
        return problems
    return draft.edits.model_copy(
        update={
            "title": title,
            "summary": summary,
            "chapters": chapters,
            "speaker_names": names,
            "lines": (*lines, *without_place(heard, draft.edits)),
        }
    )


def speakers_of(heard: ProcessingMetadata) -> list[str]:
    """Whom the model heard, by its own names, in the order of their first words."""
    return list(dict.fromkeys(segment.speaker for segment in heard.segments if segment.speaker))


def _text(field: str, text: str | None, heard: str, words: EditorWords, problems: list[Problem]) -> str | None:
    if text is None or text == heard:
        return None
    text = _one_line(text) if field == "title" else text.replace("\r\n", "\n").strip()
    problems += _wrong(field, text, LONGEST[field], words.empty[field], words)
    return text if text != heard else None


def _chapters(
    sent: list[SentChapter] | None, heard: ProcessingMetadata, words: EditorWords, problems: list[Problem]
) -> tuple[Chapter, ...] | None:
    if sent is None:
        return None
    starts = [parse_time(each.start) if isinstance(each.start, str) else each.start for each in sent]
    for number, start in enumerate(starts):
        if start is None:
            problems.append(Problem(f"chapters.{number}.start", words.no_time))
        elif start >= heard.duration_seconds:
            problems.append(Problem(f"chapters.{number}.start", words.after_the_end))
    for number, (before, start) in enumerate(pairwise(starts), start=1):
        if before is not None and start is not None and start <= before:
            problems.append(Problem(f"chapters.{number}.start", words.out_of_order))
    titles = [_one_line(each.title) for each in sent]
    for number, title in enumerate(titles):
        problems += _wrong(f"chapters.{number}.title", title, LONGEST_TITLE, words.empty["chapter"], words)
    chapters = tuple(
        Chapter(start=start, title=title) for start, title in zip(starts, titles, strict=True) if start is not None
    )
    return None if list(chapters) == heard.chapters else chapters


def _names(sent: dict[str, str], draft: Draft, words: EditorWords, problems: list[Problem]) -> dict[str, str]:
    heard = set(speakers_of(draft.heard))
    # Of somebody whom the newest model did not tell apart: it may again.
    names = {label: name for label, name in draft.edits.speaker_names.items() if label not in heard}
    for label, raw in sent.items():
        field = f"speaker_names.{label}"
        name = _one_line(raw)
        if label not in heard and label not in names:
            problems.append(Problem(field, words.unknown_speaker))
        problems += _wrong(field, name, LONGEST_NAME, words.empty["name"], words)
        if name != label:
            names[label] = name
    return names


def _lines(
    sent: list[SentLine], segments: list[Segment], words: EditorWords, problems: list[Problem]
) -> Iterator[LineEdit]:
    starting: dict[int, list[int]] = defaultdict(list)
    for number, segment in enumerate(segments):
        starting[_tick(segment.start)].append(number)
    taken: set[int] = set()
    for number, line in enumerate(sent):
        field = f"lines.{number}"
        place = _place_of(line, segments, starting, taken)
        if not place:
            problems.append(Problem(field, words.unknown_line))
            continue
        taken.update(place)
        replaced = segments[place.start : place.stop]
        was, text = words_of(replaced), _one_line(line.text)
        problems += _too_long(field, text, LONGEST_LINE, words)
        if text != was:
            yield LineEdit(start=replaced[0].start, end=replaced[-1].end, was=was, text=text)


def _place_of(line: SentLine, segments: list[Segment], starting: dict[int, list[int]], taken: set[int]) -> range:
    """The neighbouring free segments between exactly these times; none where there are none, or others' words."""
    for first in _at(line.start, starting):
        last = first
        while last < len(segments) and segments[last].end < line.end - SAME:
            last += 1
        place = range(first, last + 1)
        if last == len(segments) or abs(segments[last].end - line.end) > SAME or taken.intersection(place):
            continue
        if line.was is None or line.was == words_of(segments[first : last + 1]):
            return place
    return range(0)


def _tick(seconds: float) -> int:
    return round(seconds / SAME)


def _at(seconds: float, starting: dict[int, list[int]]) -> list[int]:
    tick = _tick(seconds)
    return [number for near in (tick - 1, tick, tick + 1) for number in starting.get(near, ())]


def _wrong(field: str, text: str, most: int, empty: str, words: EditorWords) -> Iterable[Problem]:
    return [Problem(field, empty)] if not text else _too_long(field, text, most, words)


def _too_long(field: str, text: str, most: int, words: EditorWords) -> Iterable[Problem]:
    return [Problem(field, words.too_long.format(count=len(text), most=most))] if len(text) > most else []


def _one_line(text: str) -> str:
    return " ".join(text.split())
