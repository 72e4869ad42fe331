"""What a bucket of Cloud Storage is beside its objects, which fake-gcs-server forgets or never knew."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from support_servers.proxy import Request, Response

REFUSED = {
    409: "The requested bucket name is not available. The bucket namespace is shared by all users of the system.",
    403: "The billing account for the owning project is disabled in state absent",
}
"""As Cloud Storage says it."""


class Buckets:
    """Settings of buckets, names that other people have, and the server's own name where Go's client needs it."""

    def __init__(self, server: str) -> None:
        self.settings: dict[str, dict[str, Any]] = {}
        self.taken: set[str] = set()
        self.billing = True
        self._host = urlsplit(server).netloc

    def handle(self, request: Request, forward: Callable[[Request], Response]) -> Response:
        del request.headers["Host"]
        request.headers["Host"] = self._host
        found = re.fullmatch(r"/storage/v1/b(?:/([^/]+))?", request.path)
        if found is None:
            return forward(request)
        if request.method == "POST":
            sent = json.loads(request.body)
            assert request.query["project"], "a bucket is made in a project"
            if not self.billing:
                return _refusal(403)
            if sent["name"] in self.taken:
                return _refusal(409)
            self.settings[sent["name"]] = sent
        elif request.method == "PATCH":
            self.settings.setdefault(str(found.group(1)), {}).update(json.loads(request.body))
        answer = forward(request)
        if answer.status == 200:
            told = json.loads(answer.body)
            for each in told.get("items", []) if found.group(1) is None and "items" in told else [told]:
                each.update(self.settings.get(each.get("name"), {}))
            answer.body = json.dumps(told).encode()
        return answer


def _refusal(status: int) -> Response:
    said = {
        "error": {"code": status, "message": REFUSED[status], "errors": [{"reason": "conflict", "domain": "global"}]}
    }
    return Response(status, [("Content-Type", "application/json")], json.dumps(said).encode())
