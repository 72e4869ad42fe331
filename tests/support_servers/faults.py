"""What can go wrong between a client and a server: any WSGI application, served on loopback, misbehaves as told.

A fault is met by one request and then gone; `forever` is met by every request that finds no other.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from shared.retries import Patience

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
HTML = b"<!doctype html><html><head><title>Welcome</title></head><body>Please log in.</body></html>"


@dataclass(frozen=True)
class Answer:
    """Another answer than the application's, which does not see the request."""

    status: int
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass(frozen=True)
class ResetBefore:
    """The connection is reset, and the application never sees the request."""


@dataclass(frozen=True)
class LoseReply:
    """The application does its work, then the connection is reset."""


@dataclass(frozen=True)
class Hang:
    """The application does its work, and its answer never comes."""


@dataclass(frozen=True)
class Truncate:
    """The application does its work, and half of its answer comes."""


Fault = Answer | ResetBefore | LoseReply | Hang | Truncate


def patience_with(*faults: Fault | None, attempts: int = 4) -> Patience:
    """Patience for a test that meets these faults: no waits, and no time limit where nothing hangs.

    What hangs costs the whole limit; it is long enough for a busy machine to answer what does not.
    """
    hangs = any(isinstance(each, Hang) for each in faults)
    return Patience(
        attempts=attempts,
        total=60.0,
        first_wait=0.001,
        longest_wait=0.002,
        connect=30.0,
        read=1.5 if hangs else 30.0,
    )


def json_error(status: int, message: str, **headers: str) -> Answer:
    """An error in the shape of Google's APIs."""
    body = {"error": {"code": status, "message": message, "status": "X"}}
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


def html_page(status: int = 200) -> Answer:
    """A page that some proxy put in the way."""
    return Answer(status, HTML, {"Content-Type": "text/html; charset=utf-8"})


class Faults:
    """The application behind it, with the faults that a test put in front."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._released = threading.Event()
        self.once: deque[Fault] = deque()
        self.forever: Fault | None = None
        self.only: Callable[[str, str], bool] = lambda method, path: True
        """Which requests, by method and path, can meet a fault."""
        self.requests: list[tuple[str, str]] = []

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.requests.append((method, path))
        fault = None
        if self.only(method, path):
            fault = self.once.popleft() if self.once else self.forever
        match fault:
            case None:
                return self._app(environ, start_response)
            case Answer(status, body, headers):
                _drain(environ)
                start_response(f"{status} x", [*headers.items(), ("Content-Length", str(len(body)))])
                return [body]
            case ResetBefore():
                _drain(environ)
                _reset(environ)
            case LoseReply():
                self._do(environ)
                _reset(environ)
            case Hang():
                self._do(environ)
                self._released.wait()
                _reset(environ)
            case Truncate():
                status_line, headers_sent, body = self._do(environ)
                kept = [each for each in headers_sent if each[0].lower() != "content-length"]
                start_response(status_line, [*kept, ("Content-Length", str(len(body) + 1))])
                return [body[: len(body) // 2]]
        raise AssertionError("every fault has been met above")

    def release(self) -> None:
        """Ends what hangs."""
        self._released.set()

    def _do(self, environ: Environ) -> tuple[str, list[tuple[str, str]], bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            started.append((status, headers))

        body = b"".join(self._app(environ, start_response))
        return (*started[0], body)


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's own name
        pass

    def connection_dropped(self, error: BaseException, environ: Environ | None = None) -> None:
        # Otherwise the handler waits for the next request of a client that keeps connections alive.
        self.close_connection = True


def _drain(environ: Environ) -> None:
    # A server that closes with unread bytes makes the kernel reset the connection before the answer is read.
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


def _reset(environ: Environ) -> None:
    environ["werkzeug.socket"].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionResetError


class _AbruptServer(ThreadedWSGIServer):
    """Closes connections without a farewell, so that a lingering time of zero becomes a reset."""

    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)


@contextmanager
def serving(faults: Faults) -> Iterator[str]:
    """The address of the server; it is gone, with all its threads, when the block is left."""
    server = _AbruptServer("127.0.0.1", 0, faults, _QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        faults.release()
        server.shutdown()
        thread.join()
        server.server_close()
