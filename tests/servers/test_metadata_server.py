"""The metadata server and the IAM of the tests, as Google's own library meets them."""

from __future__ import annotations

import subprocess
import sys

import pytest
import urllib3
from google.auth import jwt
from support_servers.faults import Faults, serving
from support_servers.metadata import IAM, STRIPPED, metadata_server, token_for

EMAIL = "podcast-fetch@a-project.iam.gserviceaccount.com"
HEADERS = {"Metadata-Flavor": "Google"}
ACCOUNTS = "/computeMetadata/v1/instance/service-accounts"


@pytest.fixture
def metadata():
    with metadata_server(EMAIL) as running:
        yield running


def get(metadata, path, headers=HEADERS):
    return urllib3.request("GET", metadata.address + path, headers=headers, retries=False)


def test_whoever_does_not_say_that_it_wants_metadata_is_refused(metadata) -> None:
    assert get(metadata, f"{ACCOUNTS}/default/", {}).status == 403


def test_another_account_than_the_containers_own_is_not_found(metadata) -> None:
    assert get(metadata, f"{ACCOUNTS}/{EMAIL}/").json()["email"] == EMAIL
    assert get(metadata, f"{ACCOUNTS}/somebody@else.example/token").status == 404


def test_a_token_without_an_audience_is_refused(metadata) -> None:
    assert get(metadata, f"{ACCOUNTS}/default/identity").status == 400


GOOGLE = """
import google.auth
from google.auth.transport.requests import Request
from google.oauth2.id_token import fetch_id_token
credentials, project = google.auth.default()
credentials.refresh(Request())
print(type(credentials).__module__, project, credentials.service_account_email, credentials.token)
print(fetch_id_token(Request(), "https://controller.example"))
"""


def test_googles_library_finds_project_account_and_tokens_there(metadata, tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", GOOGLE],
        env={**metadata.environment, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    said, token = done.stdout.splitlines()
    assert said == f"google.auth.compute_engine.credentials a-project {EMAIL} fake"
    claims = jwt.decode(token, verify=False)
    assert (claims["aud"], claims["email"]) == ("https://controller.example", EMAIL)


@pytest.fixture
def service():
    """What answers behind the IAM, with the token that it sees."""

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["HTTP_AUTHORIZATION"].encode()]

    iam = IAM(app, {EMAIL})
    with serving(Faults(iam)) as address:
        iam.audience = address
        yield address


def ask(service, token):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return urllib3.request("GET", service, headers=headers, retries=False)


def test_an_invoker_gets_in_with_its_claims_and_without_its_signature(service) -> None:
    token = token_for(EMAIL, service)
    answer = ask(service, token)
    assert (answer.status, answer.data.decode()) == (200, f"Bearer {token.rpartition('.')[0]}.{STRIPPED}")


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (lambda service: None, 401),
        (lambda service: "no.token.atall", 401),
        (lambda service: token_for(EMAIL, service)[:-2] + "xx", 401),
        (lambda service: token_for(EMAIL, "https://elsewhere.example"), 401),
        (lambda service: token_for(EMAIL, service, exp=1), 401),
        (lambda service: token_for("somebody@else.example", service), 403),
    ],
    ids=["none", "no token", "forged", "another audience", "expired", "no invoker"],
)
def test_nobody_else_gets_in(service, token, status) -> None:
    assert ask(service, token(service)).status == status
