"""The dashboard's routes."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from controller.dashboard.answers import explain
from controller.dashboard.desk import Desk
from controller.dashboard.handlers import Handlers
from controller.dashboard.page import read_page
from controller.dashboard.policy import harden
from controller.dashboard.review import ReviewHandlers
from shared.errors import PodcastError

LARGEST_UPLOAD: Final = 16 * 1000**3
"""Bytes: a day of uncompressed stereo at 48 kHz."""


def build_dashboard(desk: Desk, *, largest_upload: int = LARGEST_UPLOAD) -> Blueprint:
    """The routes over this desk.

    Args:
        desk: the controller as the dashboard sees it.
        largest_upload: bytes that one request may carry.
    """
    handlers = Handlers(desk, largest_upload)
    review = ReviewHandlers(desk)
    pages = Blueprint(
        "dashboard", __name__, template_folder="templates", static_folder="static", static_url_path="/dashboard"
    )
    pages.get("/")(handlers.episodes)
    pages.get("/jobs/<job_id>")(handlers.details)
    pages.get("/jobs/<job_id>/edit")(review.edit)
    pages.get("/jobs/<job_id>/audio")(review.audio)
    pages.post("/jobs/<job_id>/retry")(handlers.retry)
    pages.post("/upload")(handlers.upload)
    pages.get("/api/jobs")(handlers.api_jobs)
    pages.get("/api/jobs/<job_id>")(handlers.api_job)
    pages.get("/api/jobs/<job_id>/draft")(review.draft)
    pages.put("/api/jobs/<job_id>/edits")(review.save)
    pages.post("/api/jobs/<job_id>/publish")(review.publish)
    pages.post("/api/jobs/<job_id>/reject")(review.reject)
    pages.post("/api/jobs/<job_id>/review-again")(review.review_again)
    pages.post("/api/jobs/<job_id>/withdraw")(review.withdraw)
    pages.post("/api/jobs/<job_id>/reprocess")(review.reprocess)
    pages.register_error_handler(PodcastError, lambda error: explain(error, read_page(desk)))
    pages.after_request(harden)
    return pages
