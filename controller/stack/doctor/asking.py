"""How the doctor asks: as whom, with what patience, and what a refusal is told as.

Nothing is tried twice: whoever runs a doctor wants to know what is wrong now, and can run it again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

from google.api_core.exceptions import GoogleAPICallError

from shared.errors import PodcastError
from shared.google_errors import google_errors
from shared.retries import Patience

Value = TypeVar("Value")

LIMIT: Final = 15.0
"""Seconds that one call may take."""
DISABLED: Final = "SERVICE_DISABLED"
"""Reason in the answer of an API that is switched off: https://cloud.google.com/apis/design/errors#error_info."""


NOT_FOR_YOU: Final = "USER_PROJECT_DENIED"
"""Likewise, where the caller may not have the project pay for a call."""
CONSUMER: Final = "roles/serviceusage.serviceUsageConsumer"
"""The role that lets them: https://cloud.google.com/docs/quotas/set-quota-project."""


class Unanswered(PodcastError):
    """A question of the doctor's got no answer that tells anything.

    Args:
        message: what happened.
        advice: what the reader can do about it.
        status: of the HTTP answer, if there was one.
        reason: Google's own short word for it, if it came with one.
    """

    def __init__(
        self, message: str, *, advice: str | None = None, status: int | None = None, reason: str | None = None
    ) -> None:
        super().__init__(message, advice=advice)
        self.status = status
        self.reason = reason


@contextmanager
def asking(doing: str) -> Iterator[None]:
    """Raises Unanswered for whatever Google's libraries raise inside. `doing` completes "could not …"."""
    try:
        with google_errors(doing):
            yield
    except PodcastError as error:
        raise unanswered(error) from error


def unanswered(error: PodcastError) -> Unanswered:
    """The same error, with what Google's answer said about itself."""
    if isinstance(error, Unanswered):
        return error
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, GoogleAPICallError):
        cause = cause.__cause__
    status = int(cause.code) if cause is not None and cause.code else None
    reason = str(cause.reason) if cause is not None and cause.reason else None
    return Unanswered(error.message, advice=error.advice, status=status, reason=reason)


def once(limit: float) -> Patience:
    """One attempt that takes `limit` seconds at most."""
    return Patience(attempts=1, total=limit, connect=min(limit, 5.0), read=limit)


class Once(Generic[Value]):
    """What several checks need and one of them finds out: its value, or the error that finding out met."""

    def __init__(self, find: Callable[[], Value]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._found: list[Value] = []
        self._error: PodcastError | None = None

    def __call__(self) -> Value:
        """The value. Raises what was raised the first time."""
        with self._lock:
            if not self._found and self._error is None:
                try:
                    self._found.append(self._find())
                except PodcastError as error:
                    self._error = error
            if self._error is not None:
                raise self._error
            return self._found[0]
