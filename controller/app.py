"""The controller's web application: events in, signals in, the dashboard and the published site out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, jsonify, request
from pydantic import ValidationError

from controller.dashboard import build_dashboard
from controller.desk import FrontDesk
from controller.events import Ignored, NotAnEvent, parse_event
from controller.intake import Intake
from controller.orchestrator import Orchestrator
from controller.public_site import build_public_site
from controller.records_api import build_records_api
from controller.signals import take_signal
from shared.errors import PermanentError, PodcastError, reasons_of
from shared.log_events import SWEPT
from shared.logger import get_logger

LARGEST_EVENT = 256 * 1024
"""Bytes; Eventarc's own limit on an event."""


def create_app(
    *,
    input_bucket: str,
    intake: Intake,
    orchestrator: Orchestrator,
    desk: FrontDesk,
    public_folder: Path | None,
    guard: Callable[[Flask], None],
) -> Flask:
    """The application, with every part given from outside.

    `guard` decides who is let in, and comes first. `public_folder` is served too, unless something else serves it.
    """
    app = Flask(__name__, static_folder=None)
    guard(app)
    app.register_blueprint(build_dashboard(desk))
    app.register_blueprint(build_records_api(desk))
    if public_folder is not None:
        app.register_blueprint(build_public_site(public_folder))

    @app.post("/events")
    def events() -> tuple[Response, int]:
        if (request.content_length or 0) > LARGEST_EVENT:
            return jsonify(status="refused", reason="an event is at most 256 KiB"), 413
        parsed = parse_event(dict(request.headers), request.get_data(), input_bucket=input_bucket)
        if isinstance(parsed, Ignored):
            return jsonify(status="ignored", reason=parsed.reason), 200
        return jsonify(status="accepted", job_id=intake.take(parsed)), 202

    @app.post("/signals")
    def signals() -> tuple[str, int]:
        take_signal(dict(request.headers), request.get_data(), orchestrator)
        return "", 204

    @app.post("/sweep")
    def sweep() -> tuple[str, int]:
        get_logger().info(SWEPT, under_way=orchestrator.sweep())
        return "", 204

    @app.get("/health")
    def health() -> Response:
        return jsonify(status="ok")

    _explain_errors(app)
    return app


def _explain_errors(app: Flask) -> None:
    @app.errorhandler(NotAnEvent)
    @app.errorhandler(PermanentError)
    def refuse(error: PermanentError) -> tuple[Response, int]:
        return jsonify(status="refused", reason=error.message, advice=error.advice), 400

    @app.errorhandler(ValidationError)
    def refuse_form(error: ValidationError) -> tuple[Response, int]:
        return jsonify(status="refused", reason=reasons_of(error)), 400

    @app.errorhandler(PodcastError)
    def try_again(error: PodcastError) -> tuple[Response, int]:
        get_logger().error("request could not be served", error=error.message, path=request.path)
        return jsonify(status="failed", reason=error.message, advice=error.advice), 503
