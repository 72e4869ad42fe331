"""Signals posted straight to the controller."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from shared.errors import ConflictError, PodcastError, TransientError
from shared.http_errors import error_for_status, reason_of
from shared.retries import Patience
from shared.signals.protocol import Signal

BRIEF: Final = Patience(attempts=3, total=10.0, first_wait=0.2, longest_wait=2.0, read=30.0)
"""A step that has ended should not wait long for somebody to hear it: the sweep will notice. But the controller
answers when the next step is under way, some twenty calls later; who hangs up before that asks for all of them once
more. Half a minute of a step that only waits costs a tenth of a cent at most."""
ADVICE: Final = {
    401: "Check that the address of the signal is the controller's own: it is the audience of the token.",
    403: "Grant this step's service account run.invoker on the controller; a fresh grant takes minutes.",
    404: "Check the address of the signal.",
}


class PostedSignals:
    """Posts signals to the controller's door for them.

    Args:
        url: of that door.
        token: makes an OIDC token for an audience; None where the controller asks for none, as on a laptop.
        patience: how often and how long to try.
    """

    def __init__(self, url: str, *, token: Callable[[str], str] | None = None, patience: Patience = BRIEF) -> None:
        self._url = url
        self._token = token
        self._patience = patience

    def send(self, signal: Signal) -> None:
        """Posts it, again if that went wrong: a signal that comes twice changes nothing."""
        self._patience.persistently(lambda: self._post(signal))

    def _post(self, signal: Signal) -> None:
        headers = {"Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token(audience_of(self._url))}"
        request = urllib.request.Request(self._url, data=signal.model_dump_json().encode(), headers=headers)  # noqa: S310 - the stack's own address
        doing = "tell the controller that the step has ended"
        try:
            with urllib.request.urlopen(request, timeout=self._patience.read) as answer:  # noqa: S310 - likewise
                if answer.status != HTTPStatus.NO_CONTENT:
                    raise TransientError(
                        f"could not {doing}: the answer is not the controller's",
                        advice="If this stays, look for a proxy in between.",
                    )
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error, doing) from None
        except OSError as error:  # URLError, resets and timeouts
            raise TransientError(f"could not {doing}: {reason_of(error)}") from error


def _refusal(error: urllib.error.HTTPError, doing: str) -> PodcastError:
    refusal = error_for_status(error.code, doing, headers=dict(error.headers.items()), advice=ADVICE)
    # Nothing was read that could be decided about anew: the signal is simply sent again.
    return TransientError(refusal.message, advice=refusal.advice) if isinstance(refusal, ConflictError) else refusal


def audience_of(url: str) -> str:
    """Whom a token for this address is meant for: the service's own address.

    Source: https://cloud.google.com/run/docs/authenticating/service-to-service
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
