"""A controller of a test's own behind Cloud Run's IAM, and an operator's desk that reaches it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, jsonify, redirect, request, send_file
from support_operator import deployed_stack
from support_servers.faults import Faults, patience_with, serving
from support_servers.metadata import IAM, token_for

from controller.stack.desk import RemoteDesk
from controller.stack.gateway import Gateway
from controller.stack.identity import Identity
from shared.deployment import DeployedStack
from shared.models import PodcastProcessingJob
from shared.show import ShowSettings
from shared.storage import GCSClient

PERSON = "you@example.com"


@dataclass
class Upstream:
    """What the controller's place is taken by: it remembers what came, and answers in every way that matters."""

    language: str = "en"
    content: bytes = bytes(range(256)) * 4096
    records: dict[str, PodcastProcessingJob] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def app(self) -> Flask:
        app = Flask(__name__, static_folder=None)
        app.url_map.merge_slashes = False

        @app.before_request
        def remember() -> None:
            target = request.environ["RAW_URI"]
            self.seen.append((request.method, target, dict(request.headers), request.get_data()))

        @app.get("/audio")
        def audio() -> Response:
            return send_file(io.BytesIO(self.content), "audio/mpeg", conditional=True, etag="v1")

        @app.get("/chunked")
        def chunked() -> Response:
            return Response((self.content[:1000] for _ in range(100)), mimetype="text/plain")

        @app.get("/breaks/<int:after>")
        def breaks(after: int) -> Response:
            def parts() -> Iterator[bytes]:
                yield b"part" * after  # where that is none, the head alone
                raise ConnectionResetError

            return Response(parts(), mimetype="text/plain")

        @app.get("/packed")
        def packed() -> Response:
            return Response(b"\x1f\x8b not really", headers={"Content-Encoding": "gzip"})

        @app.get("/cookies")
        def cookies() -> Response:
            headers = {"Set-Cookie": "a=b", "Alt-Svc": 'h3=":443"', "Keep-Alive": "timeout=5", "X-Kept": "yes"}
            return Response("x", headers=headers)

        @app.get("/api/show")
        def show() -> Response:
            return jsonify(show=ShowSettings(language=self.language).model_dump(mode="json"), public_url="")

        @app.get("/api/records/<job_id>")
        def record(job_id: str) -> Any:
            job = self.records.get(job_id)
            if job is None:
                return jsonify(error={"type": "NotFound", "message": "there is no such job"}), 404
            return jsonify(now="2026-11-24T12:00:00+00:00", record=job.model_dump(mode="json"), note=None)

        @app.get("/api/records/<job_id>/heard")
        def heard(job_id: str) -> Any:
            return jsonify(error={"type": "NotFound", "message": "nothing was heard"}), 404

        @app.post("/moved")
        def moved() -> Any:
            return redirect(request.url_root + "jobs/1", code=303)

        @app.route("/", defaults={"path": ""}, methods=["GET", "HEAD", "POST", "PUT", "DELETE"])
        @app.route("/<path:path>", methods=["GET", "HEAD", "POST", "PUT", "DELETE"])
        def anything(path: str) -> Response:
            return jsonify(path=path)

        return app


@dataclass
class Reached:
    """The controller, and the desk that reaches it."""

    upstream: Upstream
    iam: IAM
    faults: Faults
    desk: RemoteDesk
    deployed: DeployedStack
    given: list[str]
    """Every identity token."""


def no_bucket() -> GCSClient:
    raise AssertionError("nobody asked for the bucket")


@contextmanager
def reached(open_input: Callable[[], GCSClient] = no_bucket, *, bucket: str = "podcast-input-dev") -> Iterator[Reached]:
    upstream, given = Upstream(), list[str]()
    iam = IAM(upstream.app(), {PERSON})
    faults = Faults(iam)
    with serving(faults) as address:
        iam.audience = address

        def fetch() -> str:
            given.append(token_for(PERSON, address, n=len(given)))
            return given[-1]

        deployed = deployed_stack(controller_url=address, input_bucket=bucket)
        gateway = Gateway(address, Identity(fetch), stack="dev", patience=patience_with())
        with RemoteDesk(gateway, deployed, open_input) as desk:
            yield Reached(upstream, iam, faults, desk, deployed, given)
