"""What gunicorn serves in a stack: `gunicorn "controller.wsgi:create()"`, at the port that Cloud Run's `PORT` gives it.

It takes requests and nothing else: what happens by itself, the sweep, is asked for at `/sweep` from outside. A laptop's
controller is `podcast serve`.
"""

from __future__ import annotations

import os
from typing import Final

from flask import Flask

from controller.cloud import build_cloud
from shared.deployment import CONTROLLER_NAME
from shared.logger import configure_logging
from shared.telemetry import PROJECT_VARIABLE, configure_tracing

LONGEST_SENDING: Final = 1.0
"""Seconds that a request may wait for its spans to be taken; most requests make none."""


def create() -> Flask:
    """The application. Raises PermanentError for a wrong setting."""
    environment = dict(os.environ)
    configure_logging(project=environment.get(PROJECT_VARIABLE))
    send_spans = configure_tracing(CONTROLLER_NAME, environment, longest=LONGEST_SENDING)
    app = build_cloud(environment).app()

    @app.teardown_request
    def send(_error: BaseException | None) -> None:
        # The CPU sleeps between requests: what is not sent within one may never be.
        send_spans()

    return app
