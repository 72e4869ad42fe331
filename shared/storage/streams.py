"""Small things that every store does with streams."""

from __future__ import annotations

from typing import BinaryIO

from shared.errors import NotFound
from shared.storage.protocol import ObjectInfo, ObjectStore


def read_chunk(stream: BinaryIO, size: int) -> bytes:
    """Exactly `size` bytes, fewer only where the stream ends: one `read` of a pipe may give less than there is."""
    chunk = stream.read(size)
    if len(chunk) in (0, size):
        return chunk
    pieces = [chunk]
    missing = size - len(chunk)
    while missing:
        piece = stream.read(missing)
        if not piece:
            break
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def copy_through(source: ObjectStore, source_name: str, *, version: str, into: ObjectStore, name: str) -> ObjectInfo:
    """Copies that very version by reading and writing it, between stores that do not know each other.

    The version is looked at before and after, since a store hands out what is newest at the moment of reading.

    Raises:
        NotFound: it is not at that version (any more); no copy stays behind.
    """
    before = source.stat(source_name)
    _expect(before, version)
    with source.open(source_name) as reader:
        copied = into.write(name, reader, content_type=before.content_type)
    try:
        _expect(source.stat(source_name), version)
    except NotFound:
        into.delete(name)
        raise
    return copied


def _expect(found: ObjectInfo, version: str) -> None:
    if found.version != version:
        raise NotFound(f"{found.name} is no longer at version {version}: somebody replaced it")
