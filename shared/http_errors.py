"""HTTP's words for what went wrong, in ours: one table for every client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from shared.errors import ConflictError, NotFound, PermanentError, PodcastError, TransientError

PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
"""Worth another try. Source: https://cloud.google.com/storage/docs/retry-strategy#retryable, and RFC 8470 for 425."""
LONGEST_REASON = 200
"""Characters; a proxy's HTML page is no reason to fill a log."""


def error_for_status(
    status: int,
    doing: str,
    *,
    reason: str = "",
    headers: Mapping[str, str] | None = None,
    advice: Mapping[int, str] | None = None,
) -> PodcastError:
    """The error that an answer with this status is.

    Args:
        status: of the answer.
        doing: what was tried, to complete "could not …".
        reason: what the server said, if it is fit for people.
        headers: of the answer; Retry-After is read from them.
        advice: what to do, by status.
    """
    if status < HTTPStatus.BAD_REQUEST:
        # The server is content, and what it says is of no use to us: something else answered in its place.
        return TransientError(
            f"could not {doing}: the answer is not the API's", advice="If this stays, look for a proxy in between."
        )
    said = " ".join(reason.split())
    message = f"could not {doing}: the server answered {status} {_phrase(status)}".rstrip()
    if said:
        message += f" ({said[:LONGEST_REASON]}{'…' if len(said) > LONGEST_REASON else ''})"
    hint = (advice or {}).get(status)
    if status in PASSING:
        return TransientError(message, advice=hint, retry_after=retry_after(headers or {}))
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return NotFound(message, advice=hint)
    if status in (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED):
        return ConflictError(message, advice=hint)
    return PermanentError(message, advice=hint)


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Seconds that the Retry-After header asks for, given as a number or as a date (RFC 9110, 10.2.3)."""
    value = next((each for name, each in headers.items() if name.lower() == "retry-after"), None)
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = http_date(value)
    except ValueError:
        return None
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())


def http_date(value: str) -> datetime:
    """The date in a header (RFC 9110, 5.6.7), which is UTC whatever it says. Raises ValueError."""
    when = parsedate_to_datetime(value)
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def reason_of(error: BaseException) -> str:
    """What broke a connection, without the address: addresses can carry signatures and session keys."""
    seen: set[int] = set()
    pending: list[BaseException] = [error]
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, OSError) and each.strerror:
            return each.strerror.lower()
        related = [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
        pending.extend(item for item in related if isinstance(item, BaseException))
    return type(error).__name__


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
