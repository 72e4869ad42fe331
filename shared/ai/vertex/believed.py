"""From an answer that is believed to the data that travels on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from shared.ai.analyst import AudioChunk, HeardChunk, Unheard
from shared.ai.segments import tidy
from shared.ai.vertex.answers import Hearing, Understanding
from shared.ai.vertex.judge import NOBODY, canonical_language
from shared.ai.vertex.speakers import is_name, label_of, names_of
from shared.ai.vertex.times import Moment, read_moment
from shared.errors import PodcastError
from shared.models import Chapter, Digest, Minutes, Segment
from shared.show import ShowSettings

LONGEST_VOICE: Final = 120
"""Characters of a voice's description."""


def heard_chunk_of(heard: Hearing, chunk: AudioChunk) -> HeardChunk:
    """The words in the episode's time; every segment inside the chunk and at most 30 s long."""
    times = [(_moment(each.start), _moment(each.end)) for each in heard.segments]
    nexts = [*(start.seconds for start, _ in times), chunk.duration][1:]
    segments = [
        Segment(
            start=chunk.start + start.seconds,
            end=chunk.start + _last_instant(start, end, following),
            text=said.text,
            speaker=label_of(said.speaker, chunk.start),
        )
        for said, (start, end), following in zip(heard.segments, times, nexts, strict=True)
    ]
    labels = {each.speaker for each in segments}
    return HeardChunk(
        number=chunk.number,
        start=chunk.start,
        end=chunk.end,
        segments=tidy(segments, chunk.start, chunk.end),
        language=canonical_language(heard.language),
        voices={
            label: " ".join(each.voice.split())[:LONGEST_VOICE]
            for each in heard.voices
            if (label := label_of(each.speaker, chunk.start)) and label in labels
        },
    )


def joined(first: HeardChunk, second: HeardChunk) -> HeardChunk:
    """Two halves as one chunk; its language is that of the half that says more."""
    longer = max((first, second), key=lambda half: (half.language != NOBODY, sum(len(s.text) for s in half.segments)))
    return first.model_copy(
        update={
            "end": second.end,
            "segments": [*first.segments, *second.segments],
            "language": longer.language,
            "voices": {**first.voices, **second.voices},
            "unheard": [*first.unheard, *second.unheard],
        }
    )


def unheard_chunk(chunk: AudioChunk, error: PodcastError) -> HeardChunk:
    """A chunk of which nothing could be heard, to stand beside one that was."""
    why = Unheard(start=chunk.start, end=chunk.end, failure=error.to_failure())
    return HeardChunk(
        number=chunk.number, start=chunk.start, end=chunk.end, segments=[], language=NOBODY, unheard=[why]
    )


def digest_of(told: Understanding, transcript: Sequence[Segment], show: ShowSettings, language: str) -> Digest:
    """The digest, with chapters that start where somebody starts to speak, and the title as the show wants it."""
    labels = list(dict.fromkeys(each.speaker for each in transcript if each.speaker))
    names = names_of(labels, told.speakers, told.same_people, language)
    return Digest(
        title=_titled(" ".join(told.title.split()), told.episode_number, show),
        summary=told.summary.strip(),
        keywords=_once(told.keywords),
        chapters=_chapters(told, transcript),
        minutes=Minutes(
            topics=_once(told.topics), decisions=_once(told.decisions), action_items=_once(told.action_items)
        ),
        speakers=_once(
            name
            for speaker in told.speakers
            if (name := speaker.name) and is_name(name) and names.get(speaker.label) == name.strip()
        ),
        speaker_names=names,
    )


def _moment(text: str) -> Moment:
    found = read_moment(text)
    if found is None:
        raise ValueError("a judged answer has only readable times")
    return found


def _last_instant(start: Moment, end: Moment, following: float) -> float:
    """When the segment ends: a time given in whole seconds is rounded down, so its last second counts to the end."""
    return max(min(end.seconds + end.step, following), start.seconds)


def _chapters(told: Understanding, transcript: Sequence[Segment]) -> list[Chapter]:
    starts = [each.start for each in transcript]
    chapters: list[Chapter] = []
    for each in told.chapters:
        wanted = _moment(each.start).seconds
        start = min(starts, key=lambda said: abs(said - wanted))
        title = " ".join(each.title.split())
        if title and (not chapters or start > chapters[-1].start):
            chapters.append(Chapter(start=start, title=title))
    return chapters


def _titled(title: str, number: int | None, show: ShowSettings) -> str:
    if show.title_pattern is None or (number is None and "{number" in show.title_pattern):
        return title
    return show.title_pattern.format(number=number, title=title)


def _once(words: Iterable[str]) -> list[str]:
    """Without blanks and repetitions, whatever their case; the first of each stays."""
    kept: dict[str, str] = {}
    for word in (" ".join(each.split()) for each in words):
        if word:
            kept.setdefault(word.casefold(), word)
    return list(kept.values())
