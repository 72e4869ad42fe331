"""The transcript as it is edited: what the model wrote, line by line, with people's words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.ai.segments import text_of
from shared.edited import placed
from shared.models import EpisodeEdits, LineEdit, ProcessingMetadata, Segment


@dataclass(frozen=True)
class Line:
    """One line of the editor; times in seconds. `text` is None where nobody changed what the model wrote."""

    start: float
    end: float
    speaker: str | None
    was: str
    text: str | None


def lines_of(heard: ProcessingMetadata, edits: EpisodeEdits) -> list[Line]:
    """All lines in order, those that people took out among them, with an empty text.

    A correction of what the model now cuts into several segments stays one line.
    """
    changed = {place.start: (line, place) for line, place in _places(heard, edits)}
    lines: list[Line] = []
    number = 0
    while number < len(heard.segments):
        line, place = changed.get(number, (None, range(number, number + 1)))
        lines.append(_line(heard.segments[number : place.stop], None if line is None else line.text))
        number = place.stop
    return lines


def without_place(heard: ProcessingMetadata, edits: EpisodeEdits) -> list[LineEdit]:
    """Corrections of words that are not heard any more. They are kept: the next model may hear them again."""
    found = {id(line) for line, _ in _places(heard, edits)}
    return [line for line in edits.lines if id(line) not in found]


def words_of(segments: Sequence[Segment]) -> str:
    """The words of neighbouring segments."""
    return text_of(segments)


def _places(heard: ProcessingMetadata, edits: EpisodeEdits) -> list[tuple[LineEdit, range]]:
    # The desk has moved the edits to this recording already, so their times belong to it.
    return list(placed(edits.lines, heard.segments, same_recording=True))


def _line(segments: Sequence[Segment], text: str | None) -> Line:
    return Line(segments[0].start, segments[-1].end, segments[0].speaker, words_of(segments), text)
