from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient

from controller.guard import guard_of, install_guard

PORT = 8080
OWN = {"Host": "127.0.0.1:8080"}
CHANGING = ["POST", "PUT", "PATCH", "DELETE"]


def refusal(method: str, headers: Mapping[str, str], path: str = "/events", port: int = PORT) -> str | None:
    return guard_of(port)(method, path, headers)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"])
@pytest.mark.parametrize("method", ["GET", *CHANGING])
def test_the_servers_own_names_are_welcome(method: str, host: str) -> None:
    assert refusal(method, {"Host": host}) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8080",
        "127.0.0.1",
        "127.0.0.1:9999",
        "127.0.0.1:80801",
        "127.0.0.1.evil.example:8080",
        "localhost.evil.example:8080",
        "evil.example/127.0.0.1:8080",
        "user@127.0.0.1:8080",
        "0.0.0.0:8080",
        "127.0.0.2:8080",
        "localhost.:8080",
    ],
)
@pytest.mark.parametrize("method", ["GET", *CHANGING])
def test_a_name_that_was_made_to_point_here_is_refused_even_for_reading(method: str, host: str) -> None:
    reason = refusal(method, {"Host": host})
    assert reason is not None
    assert "http://127.0.0.1:8080/" in reason


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://127.0.0.1:3000",
        "http://localhost",
        "https://127.0.0.1:8080",
        "http://127.0.0.1:8080.evil.example",
        "file://",
    ],
)
@pytest.mark.parametrize("method", CHANGING)
def test_another_origin_changes_nothing(method: str, origin: str) -> None:
    assert refusal(method, {**OWN, "Origin": origin}) is not None


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"])
def test_the_dashboards_own_pages_may_change_things(origin: str) -> None:
    assert refusal("POST", {**OWN, "Origin": origin, "Sec-Fetch-Site": "same-origin"}) is None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site", "unheard-of"])
def test_another_sites_request_changes_nothing_even_without_an_origin(site: str) -> None:
    assert refusal("POST", {**OWN, "Sec-Fetch-Site": site}) is not None


def test_a_job_on_this_machine_sends_neither_origin_nor_site_and_is_heard() -> None:
    assert refusal("POST", OWN, "/signals") is None


@pytest.mark.parametrize("path", ["/site", "/site/", "/site/feed.rss"])
def test_what_is_public_may_be_read_under_any_name(path: str) -> None:
    assert refusal("GET", {"Host": "my-tunnel.example"}, path) is None
    assert refusal("HEAD", {"Host": "my-tunnel.example"}, path) is None


@pytest.mark.parametrize("path", ["/", "/api/jobs", "/sites", "/siteadmin"])
def test_what_is_not_public_may_not(path: str) -> None:
    assert refusal("GET", {"Host": "my-tunnel.example"}, path) is not None


def test_on_the_webs_own_port_a_host_needs_no_port() -> None:
    assert refusal("POST", {"Host": "localhost", "Origin": "http://localhost"}, port=80) is None


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("guarded")
    install_guard(app, PORT)
    app.add_url_rule("/thing", view_func=lambda: "done", methods=["GET", "POST"])
    return app.test_client()


def test_a_refused_request_gets_403_and_a_reason_and_reaches_no_route(client: FlaskClient) -> None:
    response = client.post("/thing", headers={**OWN, "Origin": "https://evil.example"})
    assert response.status_code == 403
    assert response.json is not None
    assert "https://evil.example" in response.json["error"]["message"]


def test_a_welcome_request_reaches_its_route(client: FlaskClient) -> None:
    assert client.post("/thing", headers=OWN).text == "done"


def test_header_names_are_known_in_any_case(client: FlaskClient) -> None:
    assert (
        client.post("/thing", headers={"host": "127.0.0.1:8080", "origin": "https://evil.example"}).status_code == 403
    )
