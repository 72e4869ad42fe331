"""What a recording's own headers promise: how long it is, and whether its end is there.

Only what the file says of itself counts. FFmpeg's guesses from bit rate and file size are no promise: they shrink
with a truncated file, and so could never betray one.
"""

from __future__ import annotations

import io
import struct
from typing import Any, BinaryIO, Final

from av.audio.stream import AudioStream
from mutagen import MutagenError
from mutagen.mp3 import MP3, BitrateMode

from jobs.containers import container_of

UNKNOWN_SIZE: Final = frozenset({0, 0xFFFFFFFF})
"""What programs write that stream a WAV and cannot go back to fill in its size."""

LARGEST_OGG_PAGE: Final = 65_307
"""Bytes: 27 of header, 255 of segment table, 255 times 255 of segments (RFC 3533 §6)."""


def promised_seconds(source: BinaryIO, stream: AudioStream, name: str) -> float | None:
    """How long the recording is by its headers; None where they do not say.

    Args:
        source: the reader that `stream` is read from; its position is kept.
        stream: the audio track.
        name: of the recording; its extension says which headers to read.
    """
    position = source.tell()
    try:
        match container_of(name).demuxer:
            case "mp3":
                return _by_xing(source)
            case "wav":
                return _by_data_chunk(source)
            case "ogg":
                return None
            case _:
                return _by_stream(stream)
    finally:
        source.seek(position)


def seconds_in_headers(source: BinaryIO, stream: AudioStream, name: str) -> float | None:
    """As `promised_seconds`; for Ogg, which has no such header, what the position in its last page says."""
    return promised_seconds(source, stream, name) or (
        _by_stream(stream) if container_of(name).demuxer == "ogg" else None
    )


def ends_inside_an_ogg_page(source: BinaryIO) -> bool:
    """Whether the file stops before the last Ogg page that it began. Source: RFC 3533 §6. The position is kept."""
    position = source.tell()
    size = source.seek(0, io.SEEK_END)
    source.seek(max(0, size - 2 * LARGEST_OGG_PAGE))
    tail = source.read()
    source.seek(position)
    page = tail[tail.rfind(b"OggS") :] if b"OggS" in tail else b""
    header, segments = 27, page[26] if len(page) > 26 else 0  # noqa: PLR2004 - offset of the segment count
    table = page[header : header + segments]
    return not page or len(table) < segments or len(page) < header + segments + sum(table)


def _by_stream(stream: AudioStream) -> float | None:
    if stream.duration is None or stream.time_base is None or stream.duration <= 0:
        return None
    return float(stream.duration * stream.time_base)


def _by_xing(source: BinaryIO) -> float | None:
    """By the Xing, Info or VBRI header of an MP3; mutagen calls the mode unknown where there is none."""
    source.seek(0)
    try:
        info: Any = MP3(source).info
    except MutagenError:
        return None
    if info.bitrate_mode == BitrateMode.UNKNOWN:
        return None
    return float(info.length)


def _by_data_chunk(source: BinaryIO) -> float | None:
    """By the size that the `data` chunk declares and the bytes a second of the `fmt ` chunk."""
    source.seek(12)
    byte_rate, long_size = 0, 0
    while len(head := source.read(8)) == 8:  # noqa: PLR2004 - a chunk's name and size
        kind, size = struct.unpack("<4sI", head)
        if kind == b"data":
            size = long_size or size
            return size / byte_rate if byte_rate and size not in UNKNOWN_SIZE else None
        body = source.read(min(size, 24))
        if kind == b"fmt " and len(body) >= 12:  # noqa: PLR2004 - up to and with the byte rate
            (byte_rate,) = struct.unpack_from("<I", body, 8)
        if kind == b"ds64" and len(body) >= 16:  # noqa: PLR2004 - RF64's sizes beyond 4 GiB (EBU Tech 3306)
            (long_size,) = struct.unpack_from("<Q", body, 8)
        # Chunks are padded to an even length.
        source.seek(size + size % 2 - len(body), io.SEEK_CUR)
    return None
