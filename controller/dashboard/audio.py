"""The pinned recording for the player of the editor, by ranges: RFC 9110, section 14."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import BinaryIO, Final

from flask import Request, Response

from shared.errors import TransientError

MOST: Final = 4 * 1024 * 1024
"""Bytes of one partial answer, which a server may cut short (RFC 9110, 15.3.7). Cloud Run sends no more than 32 MiB
with a length, https://cloud.google.com/run/quotas, and a file in memory counts."""
BLOCK: Final = 256 * 1024


def answer_audio(request: Request, recording: tuple[BinaryIO, int, str], name: str) -> Response:
    """What the request asks for of the recording, which is closed in the end.

    Args:
        request: GET or HEAD.
        recording: seekable reader, size in bytes, media type.
        name: of these very bytes, for the ETag.
    """
    reader, size, media_type = recording
    if request.method == "HEAD":
        reader.close()
        response = Response()
        response.content_length = size
    elif not _asks_for_a_part(request, name):
        # Without a length Cloud Run sends as much as there is.
        response = Response(_blocks(reader))
        response.call_on_close(reader.close)
    else:
        with reader:
            response = _partial(request, reader, size)
    response.content_type = media_type
    response.set_etag(name)
    response.headers["Accept-Ranges"] = "bytes"
    # These bytes never change; but whoever may hear them today may not tomorrow.
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _asks_for_a_part(request: Request, name: str) -> bool:
    """Whether a single range of this very recording is asked for; several, or another's, are answered by the whole."""
    asked, condition = request.range, request.if_range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return False
    return condition is None or (condition.date is None and condition.etag in (None, name))


def _partial(request: Request, reader: BinaryIO, size: int) -> Response:
    found = None if request.range is None else request.range.range_for_length(size)
    if found is None or found[0] is None or found[1] is None:
        response = Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    start, stop = found[0], min(found[1], found[0] + MOST)
    response = Response(_part(reader, range(start, stop)), HTTPStatus.PARTIAL_CONTENT)
    response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response


def _part(reader: BinaryIO, wanted: range) -> bytes:
    reader.seek(wanted.start)
    parts: list[bytes] = []
    left = len(wanted)
    while left:
        part = reader.read(left)
        if not part:
            raise TransientError("the recording ended before its length", advice="Reload the page.")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _blocks(reader: BinaryIO) -> Iterator[bytes]:
    while block := reader.read(BLOCK):
        yield block
