"""MP3 files as bytes: where the audio lies between the tags, and how to give it others without copying it.

Sources: ID3v2.4 structure (https://id3.org/id3v2.4.0-structure), ID3v1, APEv2 and Lyrics3 v2 at the file's end.
"""

from __future__ import annotations

import io
from typing import BinaryIO

from typing_extensions import Buffer

ID3V2_HEADER = 10
ID3V1_SIZE = 128
APE_FOOTER = 32
LYRICS3_END = b"LYRICS200"
LYRICS3_SIZE_DIGITS = 6


def audio_range(source: BinaryIO) -> tuple[int, int]:
    """The first byte of the MPEG frames and the byte after the last one."""
    end = source.seek(0, io.SEEK_END)
    start = _after_leading_tags(source, end)
    return start, max(start, _before_trailing_tags(source, end))


def _after_leading_tags(source: BinaryIO, end: int) -> int:
    start = 0
    while start < end:
        source.seek(start)
        header = source.read(ID3V2_HEADER)
        if len(header) < ID3V2_HEADER or header[:3] != b"ID3":
            break
        has_footer = bool(header[5] & 0x10)
        start += ID3V2_HEADER + from_syncsafe(header[6:10]) + (ID3V2_HEADER if has_footer else 0)
    return _after_padding(source, min(start, end), end)


def _after_padding(source: BinaryIO, start: int, end: int) -> int:
    # Some taggers leave zeros after the tag that its size does not count.
    while start < end:
        source.seek(start)
        block = source.read(4096)
        rest = block.lstrip(b"\0")
        start += len(block) - len(rest)
        if rest:
            break
    return start


def _before_trailing_tags(source: BinaryIO, end: int) -> int:
    while True:
        shorter = _before_last_tag(source, end)
        if shorter == end:
            return end
        end = shorter


def _before_last_tag(source: BinaryIO, end: int) -> int:
    source.seek(max(0, end - ID3V1_SIZE))
    tail = source.read(min(ID3V1_SIZE, end))
    if len(tail) == ID3V1_SIZE and tail.startswith(b"TAG"):
        return end - ID3V1_SIZE
    footer = tail[-APE_FOOTER:]
    if footer.startswith(b"APETAGEX"):
        has_header = bool(int.from_bytes(footer[20:24], "little") & 0x80000000)
        size = int.from_bytes(footer[12:16], "little") + (APE_FOOTER if has_header else 0)
        return max(0, end - size)
    if tail.endswith(LYRICS3_END):
        digits = tail[-len(LYRICS3_END) - LYRICS3_SIZE_DIGITS : -len(LYRICS3_END)]
        if digits.isdigit():
            return max(0, end - int(digits) - LYRICS3_SIZE_DIGITS - len(LYRICS3_END))
    return end


def from_syncsafe(four_bytes: bytes) -> int:
    """The number in four bytes of seven bits each."""
    return sum(byte << shift for byte, shift in zip(four_bytes, (21, 14, 7, 0), strict=True))


def to_syncsafe(number: int) -> bytes:
    """The number, below 2 to the 28th, in four bytes of seven bits each."""
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))


class Retagged(io.RawIOBase):
    """A seekable reader of a new tag followed by the audio of another file, byte for byte.

    Nothing is copied: however large the file, only what a reader asks for is in memory.
    """

    def __init__(self, tag: bytes, source: BinaryIO) -> None:
        super().__init__()
        self._tag = tag
        self._source = source
        self._start, end = audio_range(source)
        self.size = len(tag) + end - self._start
        self._position = 0

    @property
    def unchanged(self) -> bool:
        """Whether the other file has this very tag already, and nothing behind its audio."""
        if len(self._tag) != self._start or self._source.seek(0, io.SEEK_END) != self.size:
            return False
        self._source.seek(0)
        return self._source.read(self._start) == self._tag

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), max(0, self.size - self._position))
        if self._position < len(self._tag):
            piece = self._tag[self._position : self._position + wanted]
        else:
            self._source.seek(self._start + self._position - len(self._tag))
            piece = self._source.read(wanted)
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
