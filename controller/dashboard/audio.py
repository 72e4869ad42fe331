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
    wanted = _wanted(request, size, name)
    if wanted is None:
        response = Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        response.headers["Content-Range"] = f"bytes */{size}"
        reader.close()
    elif request.method == "HEAD":
        response = Response()
        response.content_length = size
        reader.close()
    elif wanted == range(size):
        # Without a length Cloud Run sends as much as there is.
        response = Response(_blocks(reader))
        response.call_on_close(reader.close)
    else:
        with reader:
            response = Response(_part(reader, wanted), HTTPStatus.PARTIAL_CONTENT)
        response.headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
    response.content_type = media_type
    response.set_etag(name)
    response.headers["Accept-Ranges"] = "bytes"
    # These bytes never change; but whoever may hear them today may not tomorrow.
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _wanted(request: Request, size: int, name: str) -> range | None:
    """The bytes to send: all where no single range of this very recording is asked for; None where it has none such."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return range(size)
    condition = request.if_range
    if condition is not None and (condition.date is not None or (condition.etag and condition.etag != name)):
        return range(size)
    found = asked.range_for_length(size)
    if found is None or found[0] is None or found[1] is None:
        return None
    start, stop = found
    return range(start, min(stop, start + MOST))


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
