"""A Flask test client that reads every answer whole, as a server does, so that the files behind it are closed."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class WholeAnswers(FlaskClient):
    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True, **kwargs})
