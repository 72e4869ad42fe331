"""Secret Manager as its REST API describes it: versions, `latest`, and their states."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import google_crc32c


@dataclass
class Version:
    data: bytes
    state: str = "ENABLED"


@dataclass
class SecretServer:
    """`secrets` by full name, each with its versions, oldest first."""

    address: str
    secrets: dict[str, list[Version]] = field(default_factory=dict)

    def add(self, project: str, name: str, data: bytes) -> Version:
        version = Version(data)
        self.secrets.setdefault(f"projects/{project}/secrets/{name}", []).append(version)
        return version

    def access(self, path: str) -> tuple[int, dict[str, Any]]:
        found = re.fullmatch(r"/v1/(projects/[^/]+/secrets/[^/]+)/versions/latest:access", path)
        versions = self.secrets.get(found[1], []) if found else []
        if not found or not versions:
            return _error(404, "NOT_FOUND", f"Secret [{path}] not found or has no versions.")
        name, newest = f"{found[1]}/versions/{len(versions)}", versions[-1]
        if newest.state != "ENABLED":
            return _error(400, "FAILED_PRECONDITION", f"Secret Version [{name}] is in {newest.state} state.")
        data = base64.b64encode(newest.data).decode()
        return 200, {"name": name, "payload": {"data": data, "dataCrc32c": str(google_crc32c.value(newest.data))}}


def _error(code: int, status: str, message: str) -> tuple[int, dict[str, Any]]:
    return code, {"error": {"code": code, "message": message, "status": status}}


@contextmanager
def secret_server() -> Iterator[SecretServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, answer = secrets.access(self.path.partition("?")[0])
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    secrets = SecretServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield secrets
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
