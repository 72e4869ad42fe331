"""ID3v2.4 tags: what a listener sees of a file that left its feed.

Source: https://id3.org/id3v2.4.0-frames, and https://id3.org/id3v2-chapters-1.0 for chapters.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mutagen.id3 import (
    APIC,
    CHAP,
    COMM,
    CTOC,
    ID3,
    TALB,
    TCON,
    TDES,
    TDRC,
    TIT2,
    TLAN,
    TLEN,
    TPE1,
    WOAF,
    CTOCFlags,
    Encoding,
    PictureType,
)

from jobs.upload.languages import iso_639_2
from jobs.upload.mp3 import ID3V2_HEADER, from_syncsafe, to_syncsafe
from shared.models import Chapter

ROOM = 4096
"""Bytes left free in a new tag, so that most later edits leave the file as long as apps know it to be."""
NO_OFFSET = 0xFFFFFFFF
"""CHAP: the byte offset is not used, the time counts. https://id3.org/id3v2-chapters-1.0"""


@dataclass(frozen=True)
class EpisodeTag:
    """What goes into the tag. `duration` in seconds."""

    title: str
    author: str
    show: str
    summary: str
    language: str
    published_at: datetime
    duration: float
    chapters: Sequence[Chapter]
    cover: bytes
    cover_type: str
    episode_url: str


def render_tag(episode: EpisodeTag) -> bytes:
    """The whole tag, its chapters in the order of time."""
    tags = ID3()
    text = {"encoding": Encoding.UTF8}
    language = iso_639_2(episode.language)
    tags.add(TIT2(text=[episode.title], **text))
    tags.add(TPE1(text=[episode.author], **text))
    tags.add(TALB(text=[episode.show], **text))
    tags.add(TCON(text=["Podcast"], **text))
    tags.add(TDRC(text=[episode.published_at.strftime("%Y-%m-%dT%H:%M:%S")], **text))
    tags.add(TLAN(text=[language], **text))
    tags.add(TLEN(text=[str(round(episode.duration * 1000))], **text))
    tags.add(TDES(text=[episode.summary], **text))
    tags.add(COMM(lang=language, desc="", text=[episode.summary], **text))
    tags.add(WOAF(url=episode.episode_url))
    tags.add(APIC(mime=episode.cover_type, type=PictureType.COVER_FRONT, desc="", data=episode.cover, **text))
    _add_chapters(tags, episode)
    content = io.BytesIO()
    tags.save(content, v2_version=4, v1=0, padding=lambda _: 0)
    return in_time_order(content.getvalue())


def _add_chapters(tags: ID3, episode: EpisodeTag) -> None:
    if not episode.chapters:
        return
    ends = [chapter.start for chapter in episode.chapters[1:]] + [episode.duration]
    names = [f"chp{number}" for number in range(len(episode.chapters))]
    for name, chapter, end in zip(names, episode.chapters, ends, strict=True):
        tags.add(
            CHAP(
                element_id=name,
                start_time=round(chapter.start * 1000),
                end_time=round(end * 1000),
                start_offset=NO_OFFSET,
                end_offset=NO_OFFSET,
                sub_frames=[TIT2(encoding=Encoding.UTF8, text=[chapter.title])],
            )
        )
    tags.add(
        CTOC(
            element_id="toc",
            flags=CTOCFlags.TOP_LEVEL | CTOCFlags.ORDERED,
            child_element_ids=names,
            sub_frames=[],
        )
    )


def in_time_order(tag: bytes) -> bytes:
    """The same tag with its CHAP frames in order of start time.

    mutagen writes frames of one kind by size, and players that ignore CTOC list chapters as they come.
    """
    frames = list(_frames(tag))
    chapters = iter(sorted((each for each in frames if each[:4] == b"CHAP"), key=_start_time))
    ordered = [next(chapters) if each[:4] == b"CHAP" else each for each in frames]
    return tag[:ID3V2_HEADER] + b"".join(ordered)


def with_room(tag: bytes, before: int | None) -> bytes:
    """The tag with zeros behind its frames: as long as the one it replaces where it fits, else with room to grow.

    Args:
        tag: as `render_tag` gives it.
        before: bytes of the tag that the file has now, None for a new file.
    """
    size = before if before is not None and before >= len(tag) else len(tag) + ROOM
    return tag[:6] + to_syncsafe(size - ID3V2_HEADER) + tag[ID3V2_HEADER:] + bytes(size - len(tag))


def _frames(tag: bytes) -> Sequence[bytes]:
    frames: list[bytes] = []
    position = ID3V2_HEADER
    while position < len(tag):
        size = ID3V2_HEADER + from_syncsafe(tag[position + 4 : position + 8])
        frames.append(tag[position : position + size])
        position += size
    return frames


def _start_time(chapter: bytes) -> int:
    _, _, after_name = chapter[ID3V2_HEADER:].partition(b"\0")
    return int.from_bytes(after_name[:4], "big")
