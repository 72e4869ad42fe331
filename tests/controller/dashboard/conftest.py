from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support_desk import ScriptedDesk
from support_web import WholeAnswers

from controller.dashboard import build_dashboard

LARGEST = 50_000


@pytest.fixture
def desk() -> ScriptedDesk:
    return ScriptedDesk()


@pytest.fixture
def app(desk: ScriptedDesk) -> Flask:
    app = Flask("dashboard-under-test", static_folder=None)
    app.test_client_class = WholeAnswers
    app.register_blueprint(build_dashboard(desk, largest_upload=LARGEST))
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
