"""What must never stand in a log, taken out of it: the last net under code that does not log it in the first place."""

from __future__ import annotations

import re
from typing import Final

from structlog.typing import EventDict, WrappedLogger

LONGEST: Final = 2_000
"""Characters of one value: an explanation is shorter, a transcript or a page is longer."""
LONGEST_TRACEBACK: Final = 16_000

_SECRETS: Final = (
    # Signed addresses: of GCS and S3 (V4 and V2), and anything else that calls its proof by such a name.
    re.compile(
        r"(?P<keep>[?&](?:X-Goog-|X-Amz-)?(?:Signature|Credential|Security-Token|token|key|sig|upload_id)=)[^&\s\"'<>]+",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<keep>/api(?:/v\d+)?/webhooks/\d+/)[\w-]+"),
    re.compile(r"(?P<keep>\bBearer\s+)[\w.~+/=-]+", re.IGNORECASE),
    # A token or its claims without the word before it.
    re.compile(r"(?P<keep>)\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"),
    re.compile(r"(?P<keep>-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"(?P<keep>://)[^/\s:@]+:[^/\s@]+@"),
)


def redacted(text: str) -> str:
    """The text with `…` in place of signatures, tokens, webhooks, passwords in addresses and private keys."""
    for secret in _SECRETS:
        text = secret.sub(lambda found: f"{found['keep']}…", text)
    return text


def without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Redacts every value of a log line, and cuts what is too long to be an explanation."""
    return {
        name: _harmless(value, LONGEST_TRACEBACK if name == "exception" else LONGEST) for name, value in event.items()
    }


def _harmless(value: object, longest: int) -> object:
    if isinstance(value, str):
        text = redacted(value)
        return text if len(text) <= longest else f"{text[:longest]}… ({len(text) - longest} more characters)"
    if isinstance(value, dict):
        return {name: _harmless(each, longest) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_harmless(each, longest) for each in value]
    if isinstance(value, int | float | bool | None):
        return value
    return _harmless(str(value), longest)
