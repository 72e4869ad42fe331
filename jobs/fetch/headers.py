"""What a recording says of itself: its headers, its title tag and its embedded cover. No sound is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from jobs.decoding import audio_stream, opened
from jobs.promises import seconds_in_headers
from jobs.tags import title_of
from shared.storage import ObjectStore

IMAGES: Final = {"jpg": (b"\xff\xd8\xff", "image/jpeg"), "png": (b"\x89PNG\r\n\x1a\n", "image/png")}
"""Extension, first bytes and MIME type of the pictures that players show."""


@dataclass(frozen=True)
class Cover:
    """An embedded picture; `extension` without the dot."""

    extension: str
    content: bytes


@dataclass(frozen=True)
class Headers:
    """What was read. `duration` in seconds and `sample_rate` in Hz; None where the file does not say."""

    duration: float | None
    codec: str
    sample_rate: int
    channels: int
    title: str | None
    cover: Cover | None


def read_headers(source: BinaryIO, name: str) -> Headers:
    """Reads headers, tags and cover.

    Args:
        source: seekable reader; it is left open.
        name: of the recording; its extension decides the demuxer.

    Raises:
        UnusableAudio: it is not what its extension says, or it has no audio track.
    """
    with opened(source, name) as recording:
        stream = audio_stream(recording, name)
        return Headers(
            duration=seconds_in_headers(source, stream, name),
            codec=stream.codec_context.name,
            sample_rate=stream.codec_context.sample_rate,
            channels=stream.codec_context.channels,
            title=title_of(recording, stream),
            cover=_cover(recording),
        )


def write_cover(cover: Cover | None, store: ObjectStore, *, beside: str) -> str | None:
    """Writes the picture as `cover.<extension>` beside the object `beside`; returns where it lies."""
    if cover is None:
        return None
    name = str(PurePosixPath(beside).with_name(f"cover.{cover.extension}"))
    store.write(name, cover.content, content_type=IMAGES[cover.extension][1])
    return store.location(name)


def _cover(recording: InputContainer) -> Cover | None:
    for stream in recording.streams.video:
        if stream.disposition & Disposition.attached_pic:
            content = _picture(recording, stream)
            for extension, (magic, _) in IMAGES.items():
                if content.startswith(magic):
                    return Cover(extension, content)
    return None


def _picture(recording: InputContainer, stream: VideoStream) -> bytes:
    # FFmpeg hands out attached pictures before the first packet of sound.
    packet = next(iter(recording.demux(stream)), None)
    return b"" if packet is None else bytes(packet)
