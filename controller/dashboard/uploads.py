"""From an upload request to recordings in the input store: streamed, whole or not at all."""

from __future__ import annotations

import errno
import io
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, Final, Protocol, cast

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import ClientDisconnected
from werkzeug.formparser import FormDataParser

from controller.dashboard import formats
from controller.dashboard.filenames import Refusal, clean_file_name
from controller.dashboard.words import Words
from shared.errors import NoRoom, PodcastError

FIELD: Final = "file"
"""The form's field; it may come several times."""

BUFFER: Final = 1024 * 1024
"""Bytes of a file that are in memory at once."""

MOST_PARTS: Final = 100

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True)
class Received:
    """A recording that is in the input store now."""

    name: str
    job_id: str
    replaces: bool
    message: str


@dataclass(frozen=True)
class Refused:
    """A file that was not taken, with the HTTP status that says so."""

    name: str
    type: str
    message: str
    advice: str
    status: HTTPStatus


class Receiver(Protocol):
    """Who takes recordings: the controller's desk, or on an operator's machine the way into a stack's input bucket."""

    def holds(self, name: str) -> bool:
        """See controller/dashboard/desk.py."""
        ...

    def receive(self, name: str, content: BinaryIO) -> str:
        """See controller/dashboard/desk.py."""
        ...


class CutOff(OSError):
    """The body ended before the length that its header announced."""


class WholeBody(io.RawIOBase):
    """A reader of exactly `length` bytes of `stream` that raises CutOff where the stream ends earlier.

    A server such as gunicorn answers a lost connection with an ordinary end of file, and half a recording would pass
    for a whole one.
    """

    def __init__(self, stream: BinaryIO, length: int) -> None:
        self._stream = stream
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stub's type is private
        wanted = min(len(buffer), self._left)
        if wanted == 0:
            return 0
        try:
            chunk = self._stream.read(wanted)
        except ClientDisconnected as error:
            raise CutOff("the connection was lost") from error
        if not chunk:
            raise CutOff(f"{self._left} bytes are missing")
        buffer[: len(chunk)] = chunk
        self._left -= len(chunk)
        return len(chunk)


def take(request: Request, desk: Receiver, words: Words, *, largest: int) -> list[Received | Refused]:
    """What became of each file of the request: one as the raw body under `?name=`, or several in a form."""
    request.max_content_length = largest
    raw = request.args.get("name", "")
    length = request.content_length or 0  # without the header there is no body: RFC 9112, section 6.3
    if "Transfer-Encoding" in request.headers:
        return [_refused(raw, "no-length", words.no_length, HTTPStatus.LENGTH_REQUIRED)]
    if length > largest:
        return [_refused(raw, "too-large", too_large(words, largest), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)]
    body = WholeBody(cast(BinaryIO, request.stream), length)
    if request.mimetype == "multipart/form-data":
        return _take_form(request, body, desk, words)
    return [_store(raw, cast(BinaryIO, io.BufferedReader(body, BUFFER)), length, desk, words)]


def _take_form(request: Request, body: WholeBody, desk: Receiver, words: Words) -> list[Received | Refused]:
    with ExitStack() as parts:

        def new_part(*_: Any, **__: Any) -> IO[bytes]:
            return parts.enter_context(SpooledTemporaryFile(BUFFER))

        parser = FormDataParser(new_part, max_form_memory_size=BUFFER, max_form_parts=MOST_PARTS, silent=False)
        try:
            _, _, files = parser.parse(
                cast(BinaryIO, body), request.mimetype, request.content_length, request.mimetype_params
            )
        except (CutOff, ValueError):  # the latter where the form is not one
            return [_refused("", "cut-off", (words.cut_off, ""), HTTPStatus.BAD_REQUEST)]
        chosen = [file for file in files.getlist(FIELD) if file.filename]
        if not chosen:
            return [_refused("", "no-file", words.no_file, HTTPStatus.BAD_REQUEST)]
        return [_take_part(file, desk, words) for file in chosen]


def _take_part(file: FileStorage, desk: Receiver, words: Words) -> Received | Refused:
    length = file.stream.seek(0, io.SEEK_END)
    file.stream.seek(0)
    return _store(file.filename or "", cast(BinaryIO, file.stream), length, desk, words)


def _store(raw: str, stream: BinaryIO, length: int, desk: Receiver, words: Words) -> Received | Refused:
    name = clean_file_name(raw)
    if isinstance(name, Refusal):
        return _refused(raw, name.value, words.refusals[name], HTTPStatus.BAD_REQUEST)
    if length == 0:
        return _refused(name, "empty-file", words.empty_file, HTTPStatus.BAD_REQUEST)
    try:
        replaces = desk.holds(name)
        job_id = desk.receive(name, stream)
    except CutOff:
        return _refused(name, "cut-off", (words.cut_off, ""), HTTPStatus.BAD_REQUEST)
    except (NoRoom, OSError) as error:
        if isinstance(error, OSError) and error.errno not in NO_ROOM:
            raise
        return _refused(name, "no-room", words.no_room, HTTPStatus.INSUFFICIENT_STORAGE)
    except PodcastError as error:
        status = HTTPStatus.SERVICE_UNAVAILABLE if error.retryable else HTTPStatus.BAD_REQUEST
        return Refused(name, type(error).__name__, error.message, error.advice or "", status)
    return Received(name, job_id, replaces, words.replaces if replaces else words.received)


def told(outcomes: Sequence[Received | Refused]) -> tuple[dict[str, Any], int]:
    """What a program is told of its upload, and the status of the answer."""
    refused = [each for each in outcomes if isinstance(each, Refused)]
    answer: dict[str, Any] = {"files": [_plain(each) for each in outcomes]}
    if refused:
        answer["error"] = _plain(refused[0])
    return answer, max((each.status for each in refused), default=HTTPStatus.ACCEPTED)


def _plain(outcome: Received | Refused) -> dict[str, Any]:
    return {key: value for key, value in asdict(outcome).items() if key != "status"}


def too_large(words: Words, largest: int) -> tuple[str, str]:
    """What is said of a file of more than `largest` bytes, and what to do."""
    message, advice = words.too_large
    return message.format(size=formats.size(largest)), advice


def _refused(name: str, kind: str, told: tuple[str, str], status: HTTPStatus) -> Refused:
    # Repeated to a reader, and a name may be as long as the request: its beginning is enough to know it by.
    shown = name if len(name) <= 80 else f"{name[:79]}…"  # noqa: PLR2004 - two lines on a phone
    return Refused(shown, kind, told[0], told[1], status)
