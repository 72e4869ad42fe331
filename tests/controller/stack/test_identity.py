"""Who the operator is: every kind of login over a real connection to a strict token endpoint."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.auth import external_account, identity_pool
from google.oauth2.credentials import Credentials as UserCredentials
from support_operator import EMAIL, operator
from support_servers.faults import json_error
from support_servers.google_tokens import GoogleTokens, Login, token_server
from support_servers.metadata import metadata_server

from controller.stack.identity import Identity, fetch_for
from shared.errors import PermanentError, TransientError

AUDIENCE = "https://podcast-controller.example"
PERSON = "you@example.com"


@pytest.fixture
def tokens() -> Iterator[GoogleTokens]:
    with token_server() as server:
        yield server


def logged_in(tokens: GoogleTokens, login: Login) -> UserCredentials:
    """As google.auth.default() gives them, but for the endpoint, which is Google's own there."""
    tokens.logins.append(login)
    return UserCredentials(
        None,
        refresh_token=login.refresh_token,
        client_id=login.client_id,
        client_secret=login.client_secret,
        token_uri=tokens.url,
    )


def claims(headers: dict[str, str]) -> dict[str, object]:
    middle = headers["Authorization"].removeprefix("Bearer ").split(".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(middle + "=="))
    return found


def test_a_person_is_known_by_the_token_of_their_login(tokens: GoogleTokens) -> None:
    login = Login(PERSON)
    identity = Identity(fetch_for(logged_in(tokens, login), AUDIENCE))
    assert identity.email == PERSON
    assert claims(identity.headers())["aud"] == login.client_id


def test_a_key_file_gives_a_token_for_the_service_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with operator(tmp_path) as somebody:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(somebody.key_file))
        identity = Identity.of_operator(AUDIENCE)
        assert identity.email == EMAIL
        assert claims(identity.headers())["aud"] == AUDIENCE


def test_a_machine_in_the_cloud_is_known_by_its_own_account(tmp_path: Path) -> None:
    asks = f"from controller.stack.identity import Identity; print(Identity.of_operator({AUDIENCE!r}).email)"
    with metadata_server("machine@a-project.iam.gserviceaccount.com") as metadata:
        # A process of its own, since Google's library looks once, when it is imported, where the metadata server is.
        environment = {**os.environ, **metadata.environment, "CLOUDSDK_CONFIG": str(tmp_path)}
        environment.pop("GOOGLE_APPLICATION_CREDENTIALS", None)
        told = subprocess.run([sys.executable, "-c", asks], env=environment, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == metadata.email


def test_a_token_is_asked_for_once_and_renewed_before_it_expires(tokens: GoogleTokens) -> None:
    time = [0.0]
    identity = Identity(fetch_for(logged_in(tokens, Login(PERSON)), AUDIENCE), now=lambda: time[0])
    first = identity.headers()
    assert identity.headers() == first
    assert len(tokens.given) == 1
    expires = claims(first)["exp"]
    assert isinstance(expires, int)
    time[0] = expires - 60.0
    assert identity.headers() != first
    assert len(tokens.given) == 2


def test_a_token_stands_in_no_message_and_no_log(tokens: GoogleTokens, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    identity = Identity(fetch_for(logged_in(tokens, Login(PERSON)), AUDIENCE))
    identity.headers()
    (given,) = tokens.given
    assert given not in repr(identity) + str(vars(type(identity)))
    assert given not in caplog.text


REFUSED = {
    "taken back": (Login(PERSON, taken_back=True), "refused", "gcloud auth application-default login"),
    "without openid": (
        Login(PERSON, scopes=("https://www.googleapis.com/auth/userinfo.email",)),
        "without the scope openid",
        "gcloud auth application-default login",
    ),
    "without the address": (Login(PERSON, scopes=("openid",)), "e-mail address", "userinfo.email"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_login_that_proves_nothing_is_told_with_the_command_that_mends_it(case: str, tokens: GoogleTokens) -> None:
    login, message, helps = REFUSED[case]
    with pytest.raises(PermanentError, match=message) as caught:
        Identity(fetch_for(logged_in(tokens, login), AUDIENCE)).headers()
    assert helps in (caught.value.advice or "")


def test_an_endpoint_that_is_out_of_order_may_be_asked_again(tokens: GoogleTokens) -> None:
    identity = Identity(fetch_for(logged_in(tokens, Login(PERSON)), AUDIENCE))
    tokens.faults.forever = json_error(503, "try later")
    with pytest.raises(TransientError) as caught:
        identity.headers()
    assert "1//" not in str(caught.value)
    tokens.faults.forever = None
    assert identity.email == PERSON


def test_a_machine_where_nobody_is_logged_in_is_told_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(PermanentError, match="no Google credentials") as caught:
        Identity.of_operator(AUDIENCE)
    assert "gcloud auth application-default login" in (caught.value.advice or "")


def test_credentials_of_another_provider_are_told_to_take_an_account(tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("x")
    credentials = identity_pool.Credentials(
        audience="//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/g",
        subject_token_type="urn:ietf:params:oauth:token-type:jwt",
        token_url="https://sts.googleapis.com/v1/token",
        credential_source={"file": str(token_file)},
    )
    assert isinstance(credentials, external_account.Credentials)
    with pytest.raises(PermanentError, match="another identity provider") as caught:
        fetch_for(credentials, AUDIENCE)
    assert "--impersonate-service-account" in (caught.value.advice or "")
