"""Lays people's edits over the model's words: a pure function that upload-job and the dashboard share."""

from __future__ import annotations

from collections.abc import Sequence

from shared.models import EpisodeEdits, LineEdit, ProcessingMetadata, Segment


def edited(metadata: ProcessingMetadata, edits: EpisodeEdits | None, *, generation: int) -> ProcessingMetadata:
    """The metadata as people want it.

    Title, summary and names belong to the episode. Chapters belong to one recording: a corrected file has other times,
    so they count for the `generation` that was edited alone. A line's correction counts wherever the model heard the
    same words again, and in the recording that was edited also where it heard others.
    """
    if edits is None:
        return metadata
    same_recording = edits.generation == generation
    segments = _with_lines(metadata.segments, edits.lines, same_recording=same_recording)
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
    if edits.chapters is not None and same_recording:
        changes["chapters"] = list(edits.chapters)
    return metadata.model_copy(update=changes)


def _with_lines(segments: Sequence[Segment], lines: Sequence[LineEdit], *, same_recording: bool) -> list[Segment]:
    result = list(segments)
    for line in lines:
        found = _place_of(line, result, same_recording=same_recording)
        if not found:
            continue
        first = result[found[0]]
        replaced = first.model_copy(update={"end": result[found[-1]].end, "text": line.text})
        result[found[0] : found[-1] + 1] = [replaced] if line.text.strip() else []
    return result


def _place_of(line: LineEdit, segments: Sequence[Segment], *, same_recording: bool) -> list[int]:
    """The neighbouring segments that the line replaces; none where its words are not heard any more."""
    if same_recording:
        inside = [
            number
            for number, segment in enumerate(segments)
            if line.start - 0.01 <= (segment.start + segment.end) / 2 <= line.end + 0.01
        ]
        if inside:
            return inside
    alike = [number for number, segment in enumerate(segments) if segment.text == line.was]
    return sorted(alike, key=lambda number: abs(segments[number].start - line.start))[:1]


def _renamed(segment: Segment, names: dict[str, str]) -> Segment:
    if segment.speaker is None or segment.speaker not in names:
        return segment
    return segment.model_copy(update={"speaker": names[segment.speaker]})
