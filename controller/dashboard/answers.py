"""Answers for people and for programs: pages, JSON, and what is said of an error."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from controller.dashboard.page import Page
from shared.errors import ConflictError, NotFound, PodcastError, TransientError


def render(template: str, page: Page, status: int = HTTPStatus.OK, **values: Any) -> Response:
    """The page that this template makes."""
    return make_response(
        render_template(f"dashboard/{template}", page=page, words=page.words, **values),
        status,
    )


def explain(error: PodcastError, page: Page) -> AnyResponse:
    """What a person or a program is told of an error."""
    return problem(page, (error.message, error.advice or ""), type(error).__name__, status_of(error))


def unknown_job(page: Page) -> AnyResponse:
    """There is no such job."""
    return problem(page, page.words.unknown_job, NotFound.__name__, HTTPStatus.NOT_FOUND)


def problem(page: Page, told: tuple[str, str], kind: str, status: int, **more: Any) -> AnyResponse:
    """What happened and what to do, as a page or as JSON; `more` is for programs."""
    message, advice = told
    if wants_page():
        return render("problem.html", page, status, message=message, advice=advice)
    return make_response(jsonify(error={"type": kind, "message": message, "advice": advice, **more}), status)


def status_of(error: PodcastError) -> HTTPStatus:
    """The HTTP status that stands for this kind of error."""
    if isinstance(error, NotFound):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, TransientError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.CONFLICT if isinstance(error, ConflictError) else HTTPStatus.BAD_REQUEST


def wants_page() -> bool:
    """Whether a person's browser asks, rather than the page's script or a program."""
    accepted = request.accept_mimetypes
    return not request.path.startswith("/api/") and accepted["text/html"] > accepted["application/json"]
