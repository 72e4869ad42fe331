"""Lays people's edits over the model's words: pure functions that upload-job, notify-job and the dashboard share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from shared.models.edits import EpisodeEdits, LineEdit, TimedEdits
from shared.models.metadata import ProcessingMetadata, Segment

DRIFT: Final = 1.0
"""Seconds by which the edges of a line may move when the same recording is listened to again."""
NEAR: Final = 10.0
"""Seconds within which the same words are the same line then; farther away somebody says them once more."""


def edited(metadata: ProcessingMetadata, edits: EpisodeEdits | None, *, generation: int) -> ProcessingMetadata:
    """The metadata as people want it.

    Title, summary and names belong to the episode. Chapters belong to one recording: a corrected file has other times,
    so they count for the `generation` that was edited alone. A line's correction counts wherever the model heard the
    same words again, and in the recording that was edited also where it heard others between the same times.
    """
    if edits is None:
        return metadata
    edits = rebased(edits, metadata, generation=generation)
    segments = _with_lines(metadata.segments, edits.lines)
    segments = [_renamed(segment, edits.speaker_names) for segment in segments]
    changes: dict[str, object] = {
        "segments": segments,
        "speakers": list(dict.fromkeys(edits.speaker_names.get(name, name) for name in metadata.speakers)),
    }
    if segments != metadata.segments:
        changes["transcript"] = "\n".join(segment.text for segment in segments)
    if edits.title is not None:
        changes["title"] = edits.title
    if edits.summary is not None:
        changes["summary"] = edits.summary
    if edits.chapters is not None:
        changes["chapters"] = list(edits.chapters)
    return metadata.model_copy(update=changes)


def rebased(edits: EpisodeEdits, metadata: ProcessingMetadata, *, generation: int) -> EpisodeEdits:
    """The edits as they count for the recording of this `generation`, in which `metadata` was heard.

    What was said about this very recording counts as it was said. Where nothing was, the other recording's corrections
    move to where the same words are now, and its chapters are left out. Either way `others` keeps what belongs to the
    other recordings, so that coming back to one of them loses nothing.
    """
    if edits.generation == generation:
        return edits
    others = {**edits.others, edits.generation: TimedEdits(chapters=edits.chapters, lines=edits.lines)}
    own = others.pop(generation, None)
    if own is not None:
        return edits.model_copy(
            update={"generation": generation, "chapters": own.chapters, "lines": own.lines, "others": others}
        )
    moved = tuple(
        line.model_copy(update={"start": metadata.segments[place[0]].start, "end": metadata.segments[place[-1]].end})
        for line, place in placed(edits.lines, metadata.segments, same_recording=False)
    )
    return edits.model_copy(update={"generation": generation, "chapters": None, "lines": moved, "others": others})


def placed(
    lines: Sequence[LineEdit], segments: Sequence[Segment], *, same_recording: bool
) -> Iterator[tuple[LineEdit, range]]:
    """Each correction with the places of the neighbouring segments that it replaces.

    Those whose words are not heard any more are left out; no segment is replaced twice.
    """
    saying: dict[str, list[int]] = defaultdict(list)
    for number, segment in enumerate(segments):
        saying[segment.text].append(number)
    taken: set[int] = set()
    for line in lines:
        alike = [
            number
            for number in saying.get(line.was, ())
            if number not in taken and not (same_recording and abs(segments[number].start - line.start) > NEAR)
        ]
        if alike:
            nearest = min(alike, key=lambda number: abs(segments[number].start - line.start))
            place = range(nearest, nearest + 1)
        else:
            place = _between(line, segments, taken) if same_recording else range(0)
        if place:
            taken.update(place)
            yield line, place


def _with_lines(segments: Sequence[Segment], lines: Sequence[LineEdit]) -> list[Segment]:
    result: dict[int, Segment | None] = dict(enumerate(segments))
    for line, place in placed(lines, segments, same_recording=True):
        replaced = segments[place.start].model_copy(update={"end": segments[place[-1]].end, "text": line.text})
        result.update(dict.fromkeys(place))
        result[place.start] = replaced if line.text.strip() else None
    return [segment for segment in result.values() if segment is not None]


def _between(line: LineEdit, segments: Sequence[Segment], taken: set[int]) -> range:
    """The neighbouring segments between the line's times; none where there are none, or others' corrections."""
    first = next((n for n, segment in enumerate(segments) if abs(segment.start - line.start) <= DRIFT), None)
    last = next((n for n, segment in reversed(list(enumerate(segments))) if abs(segment.end - line.end) <= DRIFT), None)
    if first is None or last is None or first > last or taken.intersection(range(first, last + 1)):
        return range(0)
    return range(first, last + 1)


def _renamed(segment: Segment, names: dict[str, str]) -> Segment:
    if segment.speaker is None or segment.speaker not in names:
        return segment
    return segment.model_copy(update={"speaker": names[segment.speaker]})
