"""Credentials that cannot be renewed: what passes by itself is told from what somebody has to mend."""

from __future__ import annotations

import pytest
from google.auth import compute_engine
from google.auth.exceptions import RefreshError, TransportError
from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials
from pytest_httpserver import HTTPServer
from support_servers.vertex import service_account

from shared.errors import PermanentError, TransientError
from shared.google_errors import google_errors

PAGE = "<html><title>502 Bad Gateway</title></html>"


def renew(server: HTTPServer) -> None:
    info = service_account(server.url_for("/token"))
    credentials = Credentials.from_service_account_info(info, scopes=["https://example.org/scope"])
    with google_errors("read talk.mp3"):
        credentials.refresh(Request())


def test_a_page_from_somebody_in_between_is_tried_again(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/token").respond_with_data(PAGE, status=502)
    with pytest.raises(TransientError, match=r"could not read talk.mp3: the credentials could not be renewed just now"):
        renew(httpserver)


def test_an_account_that_was_deleted_is_not_tried_again(httpserver: HTTPServer) -> None:
    refusal = {"error": "invalid_grant", "error_description": "Invalid grant: account not found"}
    httpserver.expect_request("/token").respond_with_json(refusal, status=400)
    with pytest.raises(PermanentError, match=r"could not read talk.mp3: the credentials were refused"):
        renew(httpserver)


def test_a_metadata_server_that_cannot_be_reached_is_asked_again() -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise TransportError("Failed to retrieve http://metadata.google.internal: connection refused")

    credentials = compute_engine.Credentials()
    with pytest.raises(RefreshError) as raised:
        credentials.refresh(unreachable)
    assert not raised.value.retryable
    with pytest.raises(TransientError, match="could not be renewed just now"), google_errors("read talk.mp3"):
        raise raised.value
