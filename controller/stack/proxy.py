"""The dashboard of a deployed stack on this machine: a proxy to the controller that carries the operator's identity.

It must serve this machine's own browser and nobody else: see controller/guard.py for how foreign pages try. Recordings
do not go through the controller, for Cloud Run takes no request above 32 MiB (https://cloud.google.com/run/quotas) and
the controller may only read the input bucket: the proxy takes them into the bucket itself, with the operator's right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from http import HTTPStatus
from typing import Any, Final

import urllib3
from flask import Request
from urllib3.exceptions import HTTPError
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_input_stream

from controller.dashboard.answers import status_of
from controller.dashboard.blueprint import LARGEST_UPLOAD
from controller.dashboard.policy import POLICY
from controller.dashboard.uploads import Refused, take, told
from controller.dashboard.words import Words, words_for
from controller.guard import guard_of
from controller.stack.desk import RemoteDesk
from controller.stack.gateway import Gateway
from shared.errors import Failure, PodcastError, TransientError
from shared.show import ShowSettings

UPLOAD: Final = "/upload"
BLOCK: Final = 64 * 1024
HOP_BY_HOP: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Between two neighbours only, beside what Connection names: RFC 9110, 7.6.1."""
NOT_SENT: Final = HOP_BY_HOP | {
    "host",  # Cloud Run finds the service by its own name
    "authorization",
    "x-serverless-authorization",
    "proxy-authorization",
    # A browser shares cookies between all servers on this machine: they are none of the controller's business.
    "cookie",
    "expect",
}
NOT_GIVEN_BACK: Final = HOP_BY_HOP | {"set-cookie", "alt-svc", "strict-transport-security", "proxy-authenticate"}


class Proxy:
    """A WSGI application.

    Args:
        gateway: to the controller.
        desk: takes the recordings, and knows the show's language.
        port: of the loopback address at which this is served.
    """

    def __init__(self, gateway: Gateway, desk: RemoteDesk, port: int) -> None:
        self._gateway = gateway
        self._desk = desk
        self._refuse = guard_of(port)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        # "/" for every path: nothing that is served here is public, whatever it is called.
        reason = self._refuse(request.method, "/", dict(request.headers))
        if reason is not None:
            failure = Failure(type="Forbidden", message=reason, retryable=False)
            return explanation(request, failure, HTTPStatus.FORBIDDEN)
        try:
            if request.method == "POST" and request.path == UPLOAD:
                return self._take(request)
            return self._pass_on(request)
        except PodcastError as error:
            status = HTTPStatus.BAD_GATEWAY if isinstance(error, TransientError) else status_of(error)
            return explanation(request, error.to_failure(), status)

    def _pass_on(self, request: Request) -> Response:
        target = request.environ["RAW_URI"]
        if not target.startswith("/"):
            failure = Failure(type="Refused", message="This is no proxy to anywhere else.", retryable=False)
            return explanation(request, failure, HTTPStatus.BAD_REQUEST)
        chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        has_body = chunked or bool(request.content_length)
        answer = self._gateway.send(
            request.method,
            target,
            _kept(request.headers, NOT_SENT),
            get_input_stream(request.environ) if has_body else None,
            chunked=chunked,
        )
        error = self._gateway.explained(answer.status, answer.headers)
        # The controller too answers an address that it does not know with a page without a policy.
        if error is not None and (answer.status != HTTPStatus.NOT_FOUND or request.path == "/"):
            answer.close()
            return explanation(request, error.to_failure(), answer.status)
        headers = Headers(list(_kept(answer.headers, NOT_GIVEN_BACK).items()))
        location = headers.get("Location", "")
        if location.startswith(f"{self._gateway.address}/"):
            headers["Location"] = location.removeprefix(self._gateway.address)
        response = Response(_body(answer), answer.status, headers, direct_passthrough=True)
        # One that was not read to its end would answer somebody else's next request.
        response.call_on_close(answer.close)
        return response

    def _take(self, request: Request) -> Response:
        outcomes = take(request, self._desk, self._words(), largest=LARGEST_UPLOAD)
        answer, status = told(outcomes)
        if not wants_page(request):
            return Response(json.dumps(answer), status, mimetype="application/json")
        refused = next((each for each in outcomes if isinstance(each, Refused)), None)
        if refused is None:
            return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/"})
        message = f"{refused.name}: {refused.message}" if refused.name else refused.message
        failure = Failure(type=refused.type, message=message, advice=refused.advice, retryable=False)
        return explanation(request, failure, status)

    def _words(self) -> Words:
        try:
            language = self._desk.show().language
        except PodcastError:  # the bucket takes the recording all the same, and Eventarc tells of it for a day
            language = ShowSettings().language
        return words_for(language)


def explanation(request: Request, failure: Failure, status: int) -> Response:
    """What happened and what to do, for a person or a program, in the shapes of the dashboard's own answers."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    if not wants_page(request):
        error = {"type": failure.type, "message": failure.message, "advice": failure.advice or ""}
        return Response(json.dumps({"error": error}), status, headers, mimetype="application/json")
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>podcast dashboard</title></head>\n'
        f"<body><h1>{escape(failure.message)}</h1>\n<p>{escape(failure.advice or '')}</p>\n"
        '<p><a href="/">Dashboard</a></p></body></html>\n'
    )
    return Response(page, status, headers, mimetype="text/html")


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks, as the dashboard itself tells it."""
    accepted = request.accept_mimetypes
    return not request.path.startswith("/api/") and accepted["text/html"] > accepted["application/json"]


def _kept(headers: Any, without: frozenset[str]) -> dict[str, str]:
    named = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    gone = without | named
    return {name: value for name, value in headers.items() if name.lower() not in gone}


def _body(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    try:
        yield from answer.stream(BLOCK, decode_content=False)
    except HTTPError as error:
        # The head has been sent, so only a connection that ends early can still tell.
        raise ConnectionAbortedError("the controller's answer broke off") from error
