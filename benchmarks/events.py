"""Events a second that the controller accepts, against a bare Flask route on the same server."""

from __future__ import annotations

import http.client
import json
import logging
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from controller.app import create_app
from controller.desk import FrontDesk
from controller.guard import install_guard
from controller.intake import Intake
from controller.local import HOST, QuietHandler, utc_now
from controller.orchestrator import Orchestrator
from controller.runner import ExecutionState
from shared.config import LocalSettings
from shared.contract import Step
from shared.logger import configure_logging


class StartsNothing:
    """A runner for which every step runs for ever: the bench is about events, not about steps."""

    def start(self, step: Step, job_id: str, attempt: int, arguments: Sequence[str]) -> None:
        """Takes the request."""

    def state(self, step: Step, job_id: str, attempt: int) -> ExecutionState:
        """It runs."""
        return ExecutionState.RUNNING

    def cancel(self, step: Step, job_id: str, attempt: int) -> None:
        """Never asked for."""


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[int]:
    """Serves the application on a free port."""
    server = make_server(HOST, port, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rate(port: int, bodies: list[bytes]) -> float:
    """Requests a second over one connection."""
    start = time.perf_counter()
    for body in bodies:
        connection = http.client.HTTPConnection(HOST, port)
        connection.request("POST", "/events", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status not in {200, 202}:
            raise SystemExit(f"the server answered {answer.status}")
    return len(bodies) / (time.perf_counter() - start)


def controller_app(root: Path, port: int) -> Flask:
    """The real application over a real folder."""
    settings = LocalSettings(data=root, port=port)
    orchestrator = Orchestrator(
        settings.work, StartsNothing(), slots=4, now=utc_now, jitter=lambda: 0.5, reviewed=lambda: False
    )
    intake = Intake(settings.input, orchestrator)
    return create_app(
        input_bucket="input",
        intake=intake,
        orchestrator=orchestrator,
        desk=FrontDesk(settings, orchestrator, intake, utc_now),
        public_folder=settings.public.root,
        guard=partial(install_guard, port=port),
    )


def main(count: int) -> None:
    """Prints the two rates and their ratio."""
    configure_logging(level=logging.CRITICAL)
    bare = Flask("bare")
    bare.post("/events")(lambda: {"status": "ok"})
    bodies = [
        json.dumps({"bucket": "input", "name": f"{n}.mp3", "generation": str(n + 1)}).encode() for n in range(count)
    ]
    with serving(bare) as port:
        plain = rate(port, bodies)
    with tempfile.TemporaryDirectory() as root, serving(Flask("probe")) as free:
        pass
    with tempfile.TemporaryDirectory() as root, serving(controller_app(Path(root), free), free) as port:
        ours = rate(port, bodies)
    print(f"{count} events: {ours:.0f} a second, {ours / plain:.2f} of a bare Flask route ({plain:.0f} a second)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
