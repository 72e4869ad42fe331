"""Messages to a Discord channel, through its webhook.

Discord gives no key that would make a repeated call harmless. So a call whose reply was lost is repeated once and no
more: people may read a message twice, never three times. The send log carries that count from one attempt of
notify-job to the next.

urllib3 makes the calls: typed, maintained, and there already with Google's own clients. Its retries stay off, since
they cannot know which failures leave a message behind.

Source: https://discord.com/developers/docs/resources/webhook#execute-webhook and …/topics/rate-limits.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProtocolError, SSLError

from shared.errors import NotFound, PermanentError, PodcastError, TransientError
from shared.http_errors import PASSING, error_for_status, reason_of, retry_after
from shared.logger import get_logger
from shared.notifier.protocol import Delivery, Message
from shared.notifier.send_log import MemorySendLog, SendLog
from shared.notifier.webhook import MAKE_ONE, Webhook
from shared.retries import Patience

DOING: Final = "send the message to Discord"
ADVICE: Final = {
    400: "This is a defect: report it with this message.",
    401: f"The webhook's token was changed. {MAKE_ONE}",
    403: f"The webhook may not write there any more. {MAKE_ONE}",
    404: f"The webhook was deleted. {MAKE_ONE}",
}
MOST_UNANSWERED: Final = 2
"""Sends of one message that may have arrived without our knowing."""
MAY_HAVE_ARRIVED: Final = frozenset({HTTPStatus.GATEWAY_TIMEOUT, 524})
"""Answers of the proxy in front of Discord that gave up waiting for it; 524 is Cloudflare's own number."""
LARGEST_ANSWER: Final = 1024 * 1024
"""Bytes; a stored message with all its embeds is a fraction of this."""


class ReplyLost(TransientError):
    """Nobody knows whether the message arrived."""


class DiscordNotifier:
    """Sends messages to the channel of one webhook. Nothing it says or logs holds the webhook's address.

    Args:
        webhook: its address.
        sends: what is known of earlier sends of the same message.
        patience: how often, and how long, to try.
    """

    def __init__(
        self,
        webhook: str,
        *,
        sends: SendLog | None = None,
        patience: Patience = Patience(total=120.0),  # noqa: B008 - frozen data
    ) -> None:
        self._webhook = Webhook(webhook)
        self._sends = sends or MemorySendLog()
        self._patience = patience
        self._http = urllib3.PoolManager(retries=False)
        self._webhook.keep_out_of(logging.getLogger("urllib3.connectionpool"))

    def notify(self, message: Message) -> Delivery:
        """Sends the message, unless it was delivered before.

        Raises:
            TransientError: Discord could not be reached or has no time; nothing was sent.
            NotFound: the webhook was deleted.
            PermanentError: Discord refused, or two replies were lost and the message may stand there already.
        """
        body = json.dumps(message, ensure_ascii=False).encode()
        if not self._sends.load().delivered:
            self._patience.persistently(lambda: self._send(body))
        return Delivery(told=True, perhaps_twice=self._sends.load().unanswered > 0)

    def _send(self, body: bytes) -> None:
        before = self._sends.load()
        if before.unanswered >= MOST_UNANSWERED:
            raise PermanentError(
                f"Discord's reply was lost {before.unanswered} times, so the message may stand there already",
                advice="Look into the channel; it is not sent again, so that nobody reads it three times.",
            )
        # Written down first: a process that dies while it sends must not look like one that never sent.
        self._sends.save(before.model_copy(update={"unanswered": before.unanswered + 1}))
        try:
            self._post(body)
        except ReplyLost as error:
            get_logger().warning("Discord's reply was lost", reason=error.message)
            raise
        except PodcastError:
            self._sends.save(before)
            raise
        self._sends.save(before.model_copy(update={"delivered": True}))

    def _post(self, body: bytes) -> None:
        """Raises ReplyLost where the message may have arrived; any other error means that it did not."""
        timeout = urllib3.Timeout(connect=self._patience.connect, read=self._patience.read)
        headers = {"Content-Type": "application/json", "User-Agent": "podcast-automator"}
        try:
            answer = self._http.request(
                "POST",
                self._webhook.reveal(),
                body=body,
                headers=headers,
                timeout=timeout,
                redirect=False,
                preload_content=False,
            )
        except (NewConnectionError, ConnectTimeoutError, SSLError) as error:
            # Without its cause: what urllib3 says holds the address.
            raise TransientError(f"could not {DOING}: {reason_of(error)}") from None
        except (ProtocolError, HTTPError) as error:
            raise ReplyLost(f"could not {DOING}: {reason_of(error)}") from None
        try:
            content = answer.read(LARGEST_ANSWER)
        except HTTPError:
            content = b""  # the status came, and it says enough
        finally:
            answer.release_conn()
        self._judge(answer.status, content, answer.headers)

    def _judge(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        if status == HTTPStatus.OK and "json" in headers.get("Content-Type", ""):
            return
        if status in MAY_HAVE_ARRIVED or status < HTTPStatus.MULTIPLE_CHOICES:
            raise ReplyLost(f"could not {DOING}: the answer, {status}, is not Discord's")
        said = _document(content)
        if status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            waits = [retry_after(headers), said.get("retry_after")]
            raise TransientError(
                f"could not {DOING}: the server answered {status}",
                retry_after=max((float(each) for each in waits if each is not None), default=None),
            )
        error = error_for_status(status, DOING, reason=_explanation(said), advice=ADVICE)
        if isinstance(error, NotFound):
            raise error
        # Whatever else Discord says about the request, another one like it would be told the same.
        raise PermanentError(error.message, advice=error.advice)


def _document(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:  # a proxy's page
        return {}
    return document if isinstance(document, dict) else {}


def _explanation(said: Mapping[str, Any]) -> str:
    """Discord's `message`, and for a form that it refuses the path of each wrong field with the reason."""
    reasons = [f"{path}: {reason}" for path, reason in _form_errors(said.get("errors"), "")]
    return "; ".join([str(said.get("message", "")), *reasons])


def _form_errors(errors: object, path: str) -> list[tuple[str, str]]:
    if not isinstance(errors, dict):
        return []
    found = [(path, str(each.get("message"))) for each in errors.get("_errors", []) if isinstance(each, dict)]
    for name, inner in errors.items():
        if name != "_errors":
            found += _form_errors(inner, f"{path}.{name}" if path else str(name))
    return found
