"""What gunicorn serves: `gunicorn "controller.wsgi:create()"`, at the port that `PORT` gives to both of them.

It takes requests and nothing else: what happens by itself, the sweep, is asked for at `/sweep` from outside.
"""

from __future__ import annotations

import os

from flask import Flask

from shared.config import BACKEND_VARIABLE, load_local_settings
from shared.deployment import CONTROLLER_NAME
from shared.logger import configure_logging
from shared.telemetry import PROJECT_VARIABLE, configure_tracing


def create() -> Flask:
    """The application over the backend that the environment names. Raises PermanentError for a wrong setting."""
    environment = dict(os.environ)
    configure_logging(project=environment.get(PROJECT_VARIABLE))
    configure_tracing(CONTROLLER_NAME, environment)
    if "PORT" in environment:
        environment["PODCAST_PORT"] = environment["PORT"]
    # Each backend brings its own libraries, and neither needs the other's.
    if environment.get(BACKEND_VARIABLE) == "cloud":
        from controller.cloud import build_cloud  # noqa: PLC0415 - see above

        return build_cloud(environment).app()
    from controller.local import build_local  # noqa: PLC0415 - likewise

    return build_local(load_local_settings(environment), serving=True).app()
