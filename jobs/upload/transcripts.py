"""A transcript in the three formats that podcast apps read, and chapters in theirs.

Sources: https://www.w3.org/TR/webvtt1/, and the transcript and chapter formats of the podcast namespace,
https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/transcripts/transcripts.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from jobs.upload.captions import captions
from shared.models import Chapter, Segment

VTT_COLUMNS = 65
SRT_COLUMNS = 32
CHAPTERS_TYPE = "application/json+chapters"
VTT_TYPE = "text/vtt; charset=utf-8"
SRT_TYPE = "application/x-subrip; charset=utf-8"
JSON_TYPE = "application/json; charset=utf-8"


def render_vtt(segments: Sequence[Segment]) -> bytes:
    """WebVTT with lines of at most 65 columns; a speaker is named with a voice span."""
    blocks = ["WEBVTT"]
    for caption in captions(segments, widest=VTT_COLUMNS):
        text = "\n".join(_vtt_text(line) for line in caption.lines)
        voice = f"<v {_vtt_text(caption.speaker)}>" if caption.speaker else ""
        blocks.append(f"{_time(caption.start, '.')} --> {_time(caption.end, '.')}\n{voice}{text}")
    return ("\n\n".join(blocks) + "\n").encode()


def render_srt(segments: Sequence[Segment]) -> bytes:
    """SubRip with at most 32 columns a line; a speaker is named where the voice changes."""
    blocks: list[str] = []
    before: str | None = None
    for segment in segments:
        named = segment.speaker if segment.speaker != before else None
        before = segment.speaker
        shown = segment.model_copy(update={"text": f"{named}: {segment.text}"}) if named else segment
        for caption in captions([shown], widest=SRT_COLUMNS):
            text = "\n".join(line.replace("-->", "→") for line in caption.lines)
            blocks.append(f"{len(blocks) + 1}\n{_time(caption.start, ',')} --> {_time(caption.end, ',')}\n{text}\n")
    return "\n".join(blocks).encode()


def render_transcript_json(segments: Sequence[Segment]) -> bytes:
    """The namespace's JSON transcript, times in seconds."""
    rows = []
    for segment in segments:
        row: dict[str, object] = {"speaker": segment.speaker} if segment.speaker else {}
        row |= {"startTime": round(segment.start, 3), "endTime": round(segment.end, 3), "body": segment.text}
        rows.append(row)
    return _json({"version": "1.0.0", "segments": rows})


def render_chapters(chapters: Sequence[Chapter]) -> bytes:
    """JSON chapters 1.2, times in seconds."""
    rows = [{"startTime": round(chapter.start, 3), "title": chapter.title} for chapter in chapters]
    return _json({"version": "1.2.0", "chapters": rows})


def chapters_inside(chapters: Sequence[Chapter], duration: float) -> list[Chapter]:
    """The chapters in order of time, one at a time, none after the audio's end and none without a title."""
    at: dict[float, Chapter] = {}
    for chapter in sorted(chapters, key=lambda each: each.start):
        title = " ".join(chapter.title.split())
        if title and chapter.start < duration:
            at.setdefault(chapter.start, chapter.model_copy(update={"title": title}))
    return list(at.values())


def _vtt_text(text: str) -> str:
    # With ">" escaped as well, "-->" cannot end up in a cue.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(seconds: float, comma: str) -> str:
    # Down, never up: a cue must not end after the audio. The millionth takes back what binary fractions lose.
    milliseconds = int(seconds * 1000 + 1e-6)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{comma}{milliseconds % 1000:03}"


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()
