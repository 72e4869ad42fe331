"""Google's token endpoint, as far as logins and key files ask it for identity tokens. The rest is refused.

https://developers.google.com/identity/protocols/oauth2/web-server#offline and …/oauth2/service-account#httprest.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, jsonify, request
from google.auth import jwt
from support_servers.faults import Faults, serving
from support_servers.metadata import token_for

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass
class Login:
    """What `gcloud auth application-default login` leaves."""

    email: str
    client_id: str = "our-gcloud.apps.googleusercontent.com"
    client_secret: str = "not-so-secret"
    refresh_token: str = "1//refresh-me"
    scopes: tuple[str, ...] = ("openid", "https://www.googleapis.com/auth/userinfo.email")
    taken_back: bool = False


@dataclass
class GoogleTokens:
    """The endpoint. `logins` are people's, `certificates` are service accounts' public keys by address."""

    logins: list[Login] = field(default_factory=list)
    certificates: dict[str, str] = field(default_factory=dict)
    lifetime: float = 3600
    address: str = ""
    given: list[str] = field(default_factory=list)
    """Every identity token."""
    faults: Faults = field(init=False)

    def __post_init__(self) -> None:
        app = Flask(__name__)

        @app.post("/token")
        def token() -> Any:
            assert request.mimetype == "application/x-www-form-urlencoded"
            grant = request.form["grant_type"]
            return self._refreshed() if grant == "refresh_token" else self._of_account(grant)

        self.faults = Faults(app)

    @property
    def url(self) -> str:
        return f"{self.address}/token"

    def _identity(self, email: str, audience: str) -> str:
        made = token_for(email, audience, exp=int(time.time() + self.lifetime), n=len(self.given))
        self.given.append(made)
        return made

    def _refreshed(self) -> Any:
        asked = (request.form["client_id"], request.form["client_secret"], request.form["refresh_token"])
        known = {(each.client_id, each.client_secret, each.refresh_token): each for each in self.logins}
        login = known.get(asked)
        if login is None or login.taken_back:
            return jsonify(error="invalid_grant", error_description="Token has been expired or revoked."), 400
        wanted = request.form.get("scope", " ".join(login.scopes)).split()
        assert set(wanted) <= set(login.scopes), "a login cannot be widened"
        answer = {"access_token": "ya29.x", "expires_in": int(self.lifetime), "token_type": "Bearer"}
        if "openid" in wanted:
            email = login.email if any("userinfo.email" in each for each in wanted) else ""
            answer["id_token"] = self._identity(email, login.client_id)
        return jsonify({**answer, "scope": " ".join(wanted)})

    def _of_account(self, grant: str) -> Any:
        assert grant == JWT_BEARER
        claims = jwt.decode(request.form["assertion"], verify=False)
        email = claims["iss"]
        if email not in self.certificates:
            return jsonify(error="invalid_grant", error_description="Invalid grant: account not found"), 400
        jwt.decode(request.form["assertion"], certs=self.certificates[email], audience=claims["aud"])
        return jsonify(id_token=self._identity(email, claims["target_audience"]))


@contextmanager
def token_server() -> Iterator[GoogleTokens]:
    tokens = GoogleTokens()
    with serving(tokens.faults) as address:
        tokens.address = address
        yield tokens
