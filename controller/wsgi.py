"""What gunicorn serves: `gunicorn "controller.wsgi:create()"`. The address to listen at is gunicorn's, from `PORT`.

It takes requests and nothing else: what happens by itself, the sweep, is asked for at `/sweep` from outside.
"""

from __future__ import annotations

from flask import Flask

from controller.local import build_local
from shared.config import load_settings
from shared.logger import configure_logging


def create() -> Flask:
    """The application over the backend that the environment names. Raises PermanentError for a wrong setting."""
    configure_logging()
    return build_local(load_settings(), serving=True).app()
