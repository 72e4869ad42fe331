"""The dashboard's routes and the headers that go with them."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from controller.dashboard.desk import Desk
from controller.dashboard.handlers import Handlers
from shared.errors import PodcastError

LARGEST_UPLOAD: Final = 16 * 1000**3
"""Bytes: a day of uncompressed stereo at 48 kHz."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def build_dashboard(desk: Desk, *, largest_upload: int = LARGEST_UPLOAD) -> Blueprint:
    """The routes over this desk.

    Args:
        desk: the controller as the dashboard sees it.
        largest_upload: bytes that one request may carry.
    """
    handlers = Handlers(desk, largest_upload)
    pages = Blueprint(
        "dashboard", __name__, template_folder="templates", static_folder="static", static_url_path="/dashboard"
    )
    pages.get("/")(handlers.episodes)
    pages.get("/jobs/<job_id>")(handlers.details)
    pages.post("/jobs/<job_id>/retry")(handlers.retry)
    pages.post("/upload")(handlers.upload)
    pages.get("/api/jobs")(handlers.api_jobs)
    pages.get("/api/jobs/<job_id>")(handlers.api_job)
    pages.register_error_handler(PodcastError, handlers.explain)
    pages.after_request(harden)
    return pages


def harden(response: Response) -> Response:
    """Has browsers run nothing that does not come from here, and keep nothing that changes every second."""
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"  # with no-referrer a browser calls our own forms' origin "null"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.endpoint != "dashboard.static":
        headers["Cache-Control"] = "no-store"
    return response
