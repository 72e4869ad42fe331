"""Keeps other people's web pages away from a controller on this machine.

A browser is made to attack local servers in two ways. A foreign page posts a form to them (cross-site request
forgery): the request's Origin or Sec-Fetch-Site tells. Or a foreign name is made to resolve to 127.0.0.1 (DNS
rebinding): the Host header tells. Programs on this machine, such as a job that sends its signal, send neither header.

In the cloud the guard is not installed: there Cloud Run's IAM decides who may call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Flask, Response, jsonify, request

from controller.public_site import PREFIX as PUBLIC

READING = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_NAMES = ("127.0.0.1", "localhost", "[::1]")
OWN_FETCHES = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site for our own pages and for what a person typed: https://www.w3.org/TR/fetch-metadata/"""


def install_guard(app: Flask, port: int) -> None:
    """Has `app`, listening on this port of the loopback address, refuse what `refusal` refuses, with 403."""
    refuse = guard_of(port)

    @app.before_request
    def guard() -> tuple[Response, int] | None:
        reason = refuse(request.method, request.path, dict(request.headers))
        if reason is None:
            return None
        return jsonify(error={"type": "Forbidden", "message": reason, "retryable": False}), 403


def guard_of(port: int) -> Callable[[str, str, Mapping[str, str]], str | None]:
    """A function of method, path and headers that returns why a request is refused, None when it is welcome."""
    hosts = frozenset(f"{name}:{port}" for name in OWN_NAMES) | (frozenset(OWN_NAMES) if port == 80 else frozenset())  # noqa: PLR2004 - the port that browsers leave out
    origins = frozenset(f"http://{host}" for host in hosts)
    address = f"http://{OWN_NAMES[0]}:{port}/"

    def refusal(method: str, path: str, headers: Mapping[str, str]) -> str | None:
        reading = method in READING
        if reading and (path == PUBLIC or path.startswith(f"{PUBLIC}/")):
            return None  # public by definition, and shown through tunnels under other names
        host = headers.get("Host", "")
        if host.lower() not in hosts:
            return f"This server answers only to its own name, and was called {host!r}. Open {address} instead."
        if reading:
            return None
        origin = headers.get("Origin")
        if origin is not None and origin.lower() not in origins:
            return f"Only this server's own pages may change something here, not {origin!r}. Use {address} instead."
        site = headers.get("Sec-Fetch-Site")
        if site is not None and site.lower() not in OWN_FETCHES:
            return f"Only this server's own pages may change something here, not another site's. Use {address} instead."
        return None

    return refusal
