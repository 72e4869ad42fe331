"""What gunicorn serves in a stack: `gunicorn "controller.wsgi:create()"`, at the port that Cloud Run's `PORT` gives it.

It takes requests and nothing else: what happens by itself, the sweep, is asked for at `/sweep` from outside. A laptop's
controller is `podcast serve`.
"""

from __future__ import annotations

import os

from flask import Flask

from controller.cloud import build_cloud
from shared.deployment import CONTROLLER_NAME
from shared.logger import configure_logging
from shared.telemetry import PROJECT_VARIABLE, configure_tracing


def create() -> Flask:
    """The application. Raises PermanentError for a wrong setting."""
    environment = dict(os.environ)
    configure_logging(project=environment.get(PROJECT_VARIABLE))
    configure_tracing(CONTROLLER_NAME, environment)
    return build_cloud(environment).app()
