"""Who may use which door. In the cloud, Cloud Run's IAM stands in front: it has verified the caller's token already.

IAM strips the signature before the request comes in, so there is nothing left to verify, and nothing here does: the
claims are read, and the account's address is mapped to the doors it may use. Without IAM in front this protects
nothing; the service must never be open to everybody.

Source: https://cloud.google.com/run/docs/authenticating/service-to-service and …/securing/service-identity.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Final

from flask import Flask, Response, jsonify, request

from controller.guard import OWN_FETCHES, READING
from shared.deployment import EVENTS_PATH, HEALTH_PATH, SIGNALS_PATH, SWEEP_PATH, Callers

TOKEN_HEADERS: Final = ("X-Serverless-Authorization", "Authorization")
"""The first wins, as it does for IAM."""
IAM_FIRST: Final = "Call this service through Cloud Run, with an identity token: `podcast dashboard --stack NAME`."


def install_callers(app: Flask, callers: Callers) -> None:
    """Has `app` refuse what `refusal` refuses, with 401 or 403."""

    @app.before_request
    def check() -> tuple[Response, int] | None:
        found = refusal(request.method, request.path, dict(request.headers), callers)
        if found is None:
            return None
        status, reason = found
        return jsonify(error={"type": "Forbidden", "message": reason, "retryable": False}), status


def refusal(method: str, path: str, headers: Mapping[str, str], callers: Callers) -> tuple[int, str] | None:
    """Status and reason with which this request is refused; None where it is welcome.

    Args:
        method: of the request.
        path: of the request.
        headers: of the request, names in their usual capitals.
        callers: which accounts may use which door. Whoever is in none of the lists is an operator.
    """
    if path == HEALTH_PATH:
        return None  # Cloud Run's own probes bring no token, and learn nothing
    caller = caller_of(headers)
    if caller is None:
        return 401, f"Nobody said who calls. {IAM_FIRST}"
    doors = {EVENTS_PATH: callers.events, SWEEP_PATH: callers.sweep, SIGNALS_PATH: callers.signals}
    own = [door for door, accounts in doors.items() if caller in accounts]
    if path in doors:
        return None if path in own else (403, f"{caller} may not use {path}.")
    if own:
        return 403, f"{caller} may use {' and '.join(own)} only."
    site = headers.get("Sec-Fetch-Site")
    if method not in READING and site is not None and site.lower() not in OWN_FETCHES:
        # An operator's browser carries their identity wherever a foreign page sends it.
        return 403, "Only this service's own pages may change something here, not another site's."
    return None


def caller_of(headers: Mapping[str, str]) -> str | None:
    """The address in the token's claims, in lower case; None without a token, or with one that names nobody."""
    value = next((headers[name] for name in TOKEN_HEADERS if name in headers), "")
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer":
        return None
    claims = _claims(token.strip())
    email = claims.get("email")
    # A token for an address that nobody confirmed could carry any address.
    return email.lower() if isinstance(email, str) and email and claims.get("email_verified") is True else None


def _claims(token: str) -> Mapping[str, object]:
    """The middle of `header.claims.signature` (RFC 7519); empty where it is none."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - see above
        return {}
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        claims = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
