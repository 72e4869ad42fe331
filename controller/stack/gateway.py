"""Requests to the controller of a deployed stack, with the operator's identity: for the command, and for the proxy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import IO, Any, Final
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, ProtocolError

from controller.stack.explaining import not_the_controllers, out_of_order, unreachable
from controller.stack.identity import Identity
from shared.errors import ConflictError, NotFound, PermanentError, PodcastError, TransientError
from shared.retries import Patience

TIMEOUT: Final = urllib3.Timeout(connect=10.0, read=60.0)
"""Seconds; a controller that sleeps takes ten to wake up."""
AT_ONCE: Final = 10
"""Connections that are kept."""
JSON: Final = {"Accept": "application/json"}


class Gateway:
    """The controller's door.

    Args:
        address: of the controller, without a slash at its end.
        identity: the operator.
        stack: as the operator named it.
        patience: how often a request of the command is tried.
    """

    def __init__(self, address: str, identity: Identity, *, stack: str, patience: Patience | None = None) -> None:
        self.address = address
        self.identity = identity
        self.stack = stack
        self.patience = patience or Patience()
        self.host = urlsplit(address).netloc
        self._pool = urllib3.connectionpool.connection_from_url(address, maxsize=AT_ONCE, timeout=TIMEOUT)

    def close(self) -> None:
        """Closes the connections."""
        self._pool.close()

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | IO[bytes] | None = None,
        *,
        chunked: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """The answer, of which nothing but the head has been read; whoever asks reads or closes it.

        Args:
            method: such as GET.
            target: path and query, passed on as they are.
            headers: end-to-end ones; the identity is added.
            body: read once.
            chunked: where the length of the body is not known.

        Raises:
            TransientError: no answer came.
            PermanentError: the operator can prove no identity.
        """
        sent = {**headers, **self.identity.headers()}
        # A kept connection may have been closed by the other side; what only reads is asked for on another one.
        for last in (False, True) if body is None and method in {"GET", "HEAD", "OPTIONS"} else (True,):
            try:
                return self._pool.urlopen(
                    method,
                    target,
                    body=body,
                    headers=sent,
                    retries=False,
                    redirect=False,
                    chunked=chunked,
                    preload_content=False,
                    decode_content=False,
                )
            except ProtocolError as error:
                if last:
                    raise unreachable(error, self.stack) from error
            except HTTPError as error:
                raise unreachable(error, self.stack) from error
        raise AssertionError("the last try returns or raises")  # pragma: no cover - for the type checker

    def explained(self, status: int, headers: Mapping[str, str]) -> PodcastError | None:
        """What an answer means that is not the controller's own; None for one that is."""
        return not_the_controllers(status, headers, email=self.identity.email, stack=self.stack, address=self.address)

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]:
        """The controller's answer, as JSON. Raises PodcastError."""
        given = {name: value for name, value in query.items() if value is not None}
        target = f"{path}?{urlencode(given)}" if given else path
        return self.patience.persistently(lambda: self._ask("GET", target))

    def post(self, path: str) -> None:
        """Has the controller do what may be done once: a lost reply is told from a refusal."""
        unsure = False

        def attempt() -> None:
            nonlocal unsure
            was_unsure, unsure = unsure, True
            try:
                self._ask("POST", path)
            except ConflictError:
                if not was_unsure:
                    raise

        self.patience.persistently(attempt)

    def _ask(self, method: str, target: str) -> dict[str, Any]:
        response = self.send(method, target, JSON)
        try:
            content = response.read(decode_content=True)
        except HTTPError as error:
            raise unreachable(error, self.stack) from error
        finally:
            response.close()
        status = response.status
        if (meaning := self.explained(status, response.headers)) is not None:
            raise meaning
        said = _object(content)
        if status < HTTPStatus.BAD_REQUEST:
            if said is None:
                raise TransientError(
                    f"the answer is not that of the controller of {self.stack}",
                    advice="If this stays, look for a proxy in between.",
                )
            return said
        raise self._refusal(status, response.headers, said or {})

    def _refusal(self, status: int, headers: Mapping[str, str], said: dict[str, Any]) -> PodcastError:
        failure = said.get("error")
        told = failure if isinstance(failure, dict) else said
        message = str(told.get("message") or told.get("reason") or f"the controller answered {status}")
        advice = str(told["advice"]) if told.get("advice") else None
        kinds: dict[int, Callable[..., PodcastError]] = {404: NotFound, 409: ConflictError}
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            if not told:
                return out_of_order(status, headers, self.stack)
            return TransientError(message, advice=advice, retry_after=told.get("retry_after"))
        return kinds.get(status, PermanentError)(message, advice=advice)


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
