"""The headers that go with every answer of the dashboard."""

from __future__ import annotations

from typing import Final

from flask import Response, request

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def policy_with_media(origin: str) -> str:
    """The policy of a page with a player, whose recording may come from the public origin too; "" for none."""
    return f"{POLICY}; media-src 'self' {origin}".rstrip()


def harden(response: Response) -> Response:
    """Has browsers run nothing that does not come from here, and keep nothing that changes every second."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"  # with no-referrer a browser calls our own forms' origin "null"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.endpoint != "dashboard.static":
        headers.setdefault("Cache-Control", "no-store")
    return response
