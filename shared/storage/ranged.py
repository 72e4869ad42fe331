"""A seekable reader over an object that is far away: by range, with a block read ahead that grows while reading on."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

from shared.errors import TransientError

FIRST_BLOCK = 256 * 1024
"""Bytes fetched after a jump: headers and an index at the end of a file cost little traffic."""
LARGEST_BLOCK = 8 * 1024 * 1024
"""Bytes fetched at once while somebody reads on; also what the reader holds in memory, twice at most."""


class RangedReader(io.BufferedIOBase):
    """Reads `size` bytes through `fetch(start, length)`, which gives exactly those bytes or raises."""

    def __init__(self, size: int, fetch: Callable[[int, int], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        self._position = 0
        self._block = b""
        self._block_start = 0
        self._ahead = FIRST_BLOCK

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves without fetching anything; positions behind the end are allowed and read nothing."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"negative seek position {start + offset}")
        self._position = start + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes, fewer only at the end; all the rest for -1."""
        if self.closed:
            raise ValueError("read of closed file")
        left = max(0, self._size - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        pieces: list[bytes] = []
        while wanted:
            piece = self._next(wanted)
            pieces.append(piece)
            self._position += len(piece)
            wanted -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read1(self, size: int | None = -1) -> bytes:
        """Like `read`."""
        return self.read(size)

    def close(self) -> None:
        """Forgets the block that was read ahead."""
        self._block = b""
        super().close()

    def _next(self, wanted: int) -> bytes:
        offset = self._position - self._block_start
        if not 0 <= offset < len(self._block):
            self._load(wanted)
            offset = 0
        if offset == 0 and wanted >= len(self._block):
            return self._block
        return self._block[offset : offset + wanted]

    def _load(self, wanted: int) -> None:
        reads_on = self._position == self._block_start + len(self._block)
        self._ahead = min(self._ahead * 2, LARGEST_BLOCK) if reads_on and self._block else FIRST_BLOCK
        length = min(max(min(wanted, LARGEST_BLOCK), self._ahead), self._size - self._position)
        self._block = b""  # the old block goes before the new one comes
        self._block = self._fetch(self._position, length)
        self._block_start = self._position


def check_length(found: int, wanted: int, location: str) -> None:
    """Refuses a range that came shorter or longer than it was asked for.

    Raises:
        TransientError: the answer was cut off, or is no range of the object at all.
    """
    if found != wanted:
        raise TransientError(f"could not read {location}: {found} bytes came where {wanted} were asked for")
