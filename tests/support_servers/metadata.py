"""What surrounds a container in the cloud: the metadata server that says who it is, and the IAM before a service.

Shapes: https://cloud.google.com/run/docs/container-contract#metadata-server. A token here is `header.claims.signature`
like a real one; only this IAM can check its signature, and it strips it as the real one does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request
from support_servers.faults import Faults, serving

KEY = b"known to this cloud alone"
STRIPPED = "SIGNATURE_REMOVED_BY_GOOGLE"


def token_for(email: str, audience: str, **claims: object) -> str:
    """An OIDC token of the account for the audience."""
    now = int(time.time())
    said = {"iss": "https://accounts.google.com", "aud": audience, "email": email, "email_verified": True}
    said |= {"sub": "1", "iat": now, "exp": now + 3600, **claims}
    signed = f"{_encoded({'alg': 'RS256', 'typ': 'JWT'})}.{_encoded(said)}"
    return f"{signed}.{_signature(signed)}"


def stripped(token: str) -> str:
    """The token as a container sees it."""
    return f"{token.rpartition('.')[0]}.{STRIPPED}"


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def _signature(signed: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(KEY, signed.encode(), hashlib.sha256)).decode().rstrip("=")


@dataclass
class Metadata:
    """The metadata server of one container, which runs as `email`."""

    email: str
    address: str = ""
    faults: Faults = field(init=False)

    def __post_init__(self) -> None:
        app = Flask(__name__)
        account = "/computeMetadata/v1/instance/service-accounts"

        @app.before_request
        def must_ask_for_metadata() -> tuple[str, int] | None:
            return None if request.headers.get("Metadata-Flavor") == "Google" else ("", 403)

        @app.after_request
        def say_who_answers(answer: Response) -> Response:
            answer.headers["Metadata-Flavor"] = "Google"
            return answer

        def answers(path: str, answer: Callable[..., Any]) -> None:
            app.add_url_rule(path, endpoint=path, view_func=answer)

        answers("/", lambda: "computeMetadata/")
        answers("/computeMetadata/v1/project/project-id", lambda: "a-project")
        answers("/computeMetadata/v1/universe/universe-domain", lambda: "googleapis.com")

        @app.before_request
        def must_ask_for_the_account_that_runs_here() -> tuple[str, int] | None:
            name = (request.view_args or {}).get("name", "default")
            return None if name in ("default", self.email) else ("Not Found", 404)

        answers(f"{account}/<name>/", lambda name: {"email": self.email, "aliases": ["default"], "scopes": []})
        answers(f"{account}/<name>/identity", lambda name: token_for(self.email, request.args["audience"]))
        token = {"access_token": "fake", "expires_in": 3600, "token_type": "Bearer"}
        answers(f"{account}/<name>/token", lambda name: token)
        self.faults = Faults(app)

    @property
    def environment(self) -> dict[str, str]:
        """What makes Google's libraries in another process find this server."""
        host = self.address.removeprefix("http://")
        return {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host}


@contextmanager
def metadata_server(email: str) -> Iterator[Metadata]:
    metadata = Metadata(email)
    with serving(metadata.faults) as address:
        metadata.address = address
        yield metadata


class IAM:
    """The IAM before a Cloud Run service: lets in the accounts that may invoke it, with their signature stripped.

    `audience` is the service's own address, which is known only once it is served.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], invokers: Iterable[str]) -> None:
        self._app = app
        self.invokers = set(invokers)
        self.audience = ""
        self.logins: set[str] = set()
        """Clients whose logins of people are taken too, as gcloud's are:
        https://cloud.google.com/run/docs/authenticating/developers."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        signed, _, signature = token.rpartition(".")
        if scheme != "Bearer" or not hmac.compare_digest(signature, _signature(signed)):
            return _refuse(environ, start_response, "401 Unauthorized")
        middle = signed.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        if claims["aud"] not in {self.audience, *self.logins} or claims["exp"] < time.time():
            return _refuse(environ, start_response, "401 Unauthorized")
        if claims["email"] not in self.invokers:
            return _refuse(environ, start_response, "403 Forbidden")
        return self._app({**environ, "HTTP_AUTHORIZATION": f"Bearer {stripped(token)}"}, start_response)


def _refuse(environ: dict[str, Any], start_response: Callable[..., Any], status: str) -> list[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    page = b"<html><body>Your client does not have permission to this service.</body></html>"
    start_response(status, [("Content-Type", "text/html"), ("Content-Length", str(len(page)))])
    return [page]
