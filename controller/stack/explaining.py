"""What an answer that is not the controller's own means: Cloud Run's IAM and Google's front end speak in HTML pages."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from shared.deployment import podcast_command
from shared.errors import PermanentError, PodcastError, TransientError
from shared.http_errors import reason_of, retry_after

REFUSALS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def speaks_for_itself(headers: Mapping[str, str]) -> bool:
    """Whether the controller itself answered: in JSON, or by a page with a policy."""
    return headers.get("Content-Type", "").startswith("application/json") or "Content-Security-Policy" in headers


def refused(status: int, email: str, stack: str) -> PermanentError:
    """IAM did not let the operator in.

    Args:
        status: 401 or 403.
        email: who they are.
        stack: as they named it.
    """
    if status == HTTPStatus.UNAUTHORIZED:
        return PermanentError(
            f"Cloud Run does not believe that you are {email}",
            advice="Log in anew: gcloud auth application-default login. If that does not help, look at this clock.",
        )
    member = "serviceAccount" if email.endswith(".gserviceaccount.com") else "user"
    return PermanentError(
        f"{email} may not use the controller of {stack}",
        advice="Name yourself among the stack's operators, and wait some minutes: pulumi config set --path "
        f"'operators[0]' {member}:{email} && pulumi up (the next free number, if there are operators already)",
    )


def no_service(stack: str, address: str) -> PermanentError:
    """Nothing runs at the controller's address."""
    return PermanentError(
        f"there is no controller of {stack} at {address}, or one of an older version",
        advice=f"Bring the stack up to date (pulumi up), or look: {podcast_command('doctor', stack)}",
    )


def out_of_order(status: int, headers: Mapping[str, str], stack: str) -> TransientError:
    """Google's front end answers for a controller that does not."""
    return TransientError(
        f"the controller of {stack} is out of order: the answer was {status}",
        advice=f"Try again in a minute; if this stays, look: {podcast_command('doctor', stack)}",
        retry_after=retry_after(headers),
    )


def unreachable(error: Exception, stack: str) -> TransientError:
    """No answer came."""
    return TransientError(
        f"the controller of {stack} does not answer ({reason_of(error)})",
        advice=f"Look at your network; if that is fine: {podcast_command('doctor', stack)}",
    )


def not_the_controllers(
    status: int, headers: Mapping[str, str], *, email: str, stack: str, address: str
) -> PodcastError | None:
    """What this answer means; None where the controller itself gave it."""
    if status < HTTPStatus.BAD_REQUEST or speaks_for_itself(headers):
        return None
    if status in REFUSALS:
        return refused(status, email, stack)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return out_of_order(status, headers, stack)
    return no_service(stack, address) if status == HTTPStatus.NOT_FOUND else None
