"""A proxy before a real server: it corrects what the server gets wrong, and misbehaves as a test asks it to."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}


@dataclass
class Request:
    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return {
            name: values[0] for name, values in parse_qs(urlsplit(self.target).query, keep_blank_values=True).items()
        }


@dataclass
class Response:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for each, value in self.headers if each.lower() == name.lower()), None)


class Double(Protocol):
    """What the real service does and the server behind the proxy does not."""

    def handle(self, request: Request, forward: Callable[[Request], Response]) -> Response: ...


class Exchange:
    """One request, and what can be done with it."""

    def __init__(self, request: Request, handler: _Handler, forward: Callable[[Request], Response]) -> None:
        self.request = request
        self._handler = handler
        self._forward = forward

    def forward(self) -> Response:
        return self._forward(self.request)

    def answer(self, response: Response, *, sent: int | None = None) -> None:
        """Answers; with `sent` only so many bytes of the body come, and then the connection ends."""
        handler = self._handler
        handler.send_response(response.status)
        length = response.header("Content-Length") if self.request.method == "HEAD" else None
        for name, value in response.headers:
            if name.lower() != "content-length":
                handler.send_header(name, value)
        if response.status != 204:
            handler.send_header("Content-Length", length or str(len(response.body)))
        handler.end_headers()
        if self.request.method != "HEAD":
            body = response.body if sent is None else response.body[:sent]
            handler.server.proxy.answered += len(body)
            handler.wfile.write(body)
        if sent is not None:
            handler.wfile.flush()
            handler.close_connection = True

    def reset(self) -> None:
        """The connection ends at once, with a reset."""
        self._handler.close_connection = True
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The handler's own files hold the socket open.
        self._handler.rfile.close()
        self._handler.connection.close()

    def wait_for_the_client_to_leave(self) -> None:
        self._handler.close_connection = True
        self._handler.connection.settimeout(30)
        try:
            while self._handler.connection.recv(65536):
                pass
        except OSError:
            return


Behaviour = Callable[[Exchange], None]


def behaves(exchange: Exchange) -> None:
    exchange.answer(exchange.forward())


def resets_half_way(exchange: Exchange) -> None:
    exchange.reset()


def does_the_work_and_hangs(exchange: Exchange) -> None:
    exchange.forward()
    exchange.wait_for_the_client_to_leave()


def does_the_work_and_resets(exchange: Exchange) -> None:
    exchange.forward()
    exchange.reset()


def cuts_the_answer(exchange: Exchange) -> None:
    response = exchange.forward()
    if exchange.request.method == "HEAD" or response.status == 204:
        exchange.reset()  # an answer without a body is cut in its headers
        return
    response.body = response.body or b"\n" * 10
    exchange.answer(response, sent=len(response.body) // 2)


def says(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Behaviour:
    def behaviour(exchange: Exchange) -> None:
        exchange.answer(Response(status, list((headers or {}).items()), body))

    return behaviour


def shows_a_web_page(exchange: Exchange) -> None:
    page = b"<!DOCTYPE html><html><title>Welcome</title><body>Log in to the hotel's network</body></html>"
    exchange.answer(Response(200, [("Content-Type", "text/html")], page))


@dataclass
class Rule:
    behaviours: list[Behaviour]
    method: str | None
    path: str
    for_ever: bool

    def take(self, request: Request) -> Behaviour | None:
        if not self.behaviours or self.method not in (None, request.method) or self.path not in request.target:
            return None
        return self.behaviours[0] if self.for_ever else self.behaviours.pop(0)


@dataclass
class Proxy:
    """`requests` holds all that came, in order; `answered` counts the bytes of all bodies that went back."""

    address: str
    requests: list[Request] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    answered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def misbehave(
        self, *behaviours: Behaviour, method: str | None = None, path: str = "", for_ever: bool = False
    ) -> None:
        """The next matching requests are treated so, one behaviour each, or all of them the same way for ever."""
        with self._lock:
            self.rules.append(Rule(list(behaviours), method, path, for_ever))

    def behave(self) -> None:
        with self._lock:
            self.rules.clear()
            self.requests.clear()
            self.answered = 0

    def seen(self, method: str, path: str = "") -> list[Request]:
        return [each for each in self.requests if each.method == method and path in each.target]

    def behaviour_for(self, request: Request) -> Behaviour:
        with self._lock:
            self.requests.append(request)
            return next((found for rule in self.rules if (found := rule.take(request)) is not None), behaves)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement
    server: _Server

    def handle_request(self) -> None:
        request = Request(self.command, self.path, self.headers, self._body())
        forward = self.server.forward
        self.server.proxy.behaviour_for(request)(Exchange(request, self, forward))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # the library's way of asking for a method
            return self.handle_request
        raise AttributeError(name)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError):
            self.close_connection = True  # the client left, or we did

    def finish(self) -> None:
        try:
            super().finish()
        except (ConnectionError, ValueError, OSError):
            return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: str, doubles: Sequence[Double]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream)
        self.doubles = list(doubles)
        self.proxy = Proxy(f"http://127.0.0.1:{self.server_address[1]}")

    def forward(self, request: Request) -> Response:
        forward: Callable[[Request], Response] = self._send
        for double in reversed(self.doubles):
            forward = _through(double, forward)
        return forward(request)

    def _send(self, request: Request) -> Response:
        connection = http.client.HTTPConnection(str(self.upstream.hostname), self.upstream.port, timeout=60)
        try:
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name.lower() not in HOP_BY_HOP | {"content-length", "expect"}:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body)
            answer = connection.getresponse()
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
            return Response(answer.status, headers, answer.read())
        finally:
            connection.close()


def _through(double: Double, forward: Callable[[Request], Response]) -> Callable[[Request], Response]:
    return lambda request: double.handle(request, forward)


@contextmanager
def proxy(upstream: str, *doubles: Double) -> Iterator[Proxy]:
    """A proxy before the server at `upstream`; the first double is the one that a request meets first."""
    server = _Server(upstream, doubles)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
