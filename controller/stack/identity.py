"""Who the operator is, as Cloud Run's IAM wants it proven: an identity token from Application Default Credentials.

Which token each kind of credentials gives, and that IAM takes the one of a person's login although it was made for
gcloud's audience: https://cloud.google.com/docs/authentication/get-id-token and …/run/docs/authenticating/developers.
A token never leaves this module but inside of a header, and no message holds one.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Self

import google.auth
from google.auth import external_account, external_account_authorized_user, impersonated_credentials, jwt
from google.auth.credentials import Credentials
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials as UserCredentials
from google.oauth2.id_token import fetch_id_token_credentials

from shared.errors import PermanentError
from shared.google_errors import google_errors

LOG_IN: Final = "Log in: gcloud auth application-default login"
SCOPES: Final = "openid,https://www.googleapis.com/auth/userinfo.email,https://www.googleapis.com/auth/cloud-platform"
DOING: Final = "prove who you are"
EARLY: Final = 300.0
"""Seconds before its end in which a token is renewed: longer than clocks differ and requests wait."""
TIMEOUT: Final = 20.0


class Identity:
    """The operator's identity token, renewed before it expires. May be used by many threads.

    Args:
        fetch: asks for a new token.
        now: seconds since 1970.
    """

    def __init__(self, fetch: Callable[[], str | None], *, now: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._now = now
        self._lock = threading.Lock()
        self._token = ""
        self._claims: dict[str, Any] = {}

    @classmethod
    def of_operator(cls, audience: str) -> Self:
        """Of whoever is logged in on this machine, for the service at the address `audience`.

        Raises:
            PermanentError: nobody is, or with credentials that prove no identity.
        """
        with google_errors(DOING):
            with without_quota_warning():
                # Without scopes: a renewed login keeps all that it was made with, openid among them.
                credentials, _ = google.auth.default()
            return cls(fetch_for(credentials, audience))

    @property
    def email(self) -> str:
        """The address by which IAM knows the operator. Raises PodcastError as `headers` does."""
        with self._lock:
            self._renew()
            return str(self._claims["email"])

    def headers(self) -> dict[str, str]:
        """What a request to the service has to carry.

        Raises:
            PermanentError: the login has expired or was taken back, or names nobody.
            TransientError: Google does not answer just now.
        """
        with self._lock:
            self._renew()
            return {"Authorization": f"Bearer {self._token}"}

    def _renew(self) -> None:
        if self._token and self._now() < float(self._claims["exp"]) - EARLY:
            return
        with google_errors(DOING):
            token = self._fetch()
            if not token:
                raise PermanentError(
                    "your login does not say who you are: it was made without the scope openid", advice=LOG_IN
                )
            claims: dict[str, Any] = dict(jwt.decode(token, verify=False))
        if not claims.get("email"):
            raise PermanentError(
                "your login does not tell your e-mail address, by which the controller knows you",
                advice=f"{LOG_IN} --scopes={SCOPES}",
            )
        self._token, self._claims = token, claims


@contextmanager
def without_quota_warning() -> Iterator[None]:
    """Keeps Google's library from warning of a login without a quota project: what is asked here needs none."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="google.auth")
        yield


def fetch_for(credentials: Credentials, audience: str) -> Callable[[], str | None]:
    """What asks for an identity token of whoever these credentials are of.

    Raises:
        PermanentError: they prove no identity.
    """
    request = partial(Request(), timeout=TIMEOUT)
    if isinstance(credentials, UserCredentials):
        return partial(_of_person, credentials, request)
    if isinstance(credentials, external_account.Credentials | external_account_authorized_user.Credentials):
        raise PermanentError(
            "credentials of another identity provider make no identity token for Cloud Run",
            advice=f"{LOG_IN} --impersonate-service-account=ACCOUNT, with an account that `operators` names",
        )
    if isinstance(credentials, impersonated_credentials.Credentials):
        own: Credentials = impersonated_credentials.IDTokenCredentials(
            credentials, target_audience=audience, include_email=True
        )
    else:
        own = fetch_id_token_credentials(audience, request=Request())
    return partial(_of_account, own, request)


def _of_person(credentials: UserCredentials, request: Callable[..., Any]) -> str | None:
    credentials.refresh(request)
    token: str | None = credentials.id_token
    return token


def _of_account(credentials: Credentials, request: Callable[..., Any]) -> str | None:
    credentials.refresh(request)
    token: str | None = credentials.token
    return token
