"""What each route of the dashboard does. Pages are rendered whole here; the script only keeps them fresh."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from controller.dashboard import formats
from controller.dashboard.desk import Desk
from controller.dashboard.filenames import ACCEPTED, Refusal
from controller.dashboard.page import Page, list_jobs, one_job, read_page
from controller.dashboard.uploads import FIELD, Received, Refused, take, too_large
from shared.errors import ConflictError, NotFound, PodcastError, TransientError


@dataclass(frozen=True)
class Handlers:
    """The routes' functions over one desk."""

    desk: Desk
    largest_upload: int

    def episodes(self) -> AnyResponse:
        """The list of episodes, the newest first."""
        return self._list(read_page(self.desk))

    def details(self, job_id: str) -> AnyResponse:
        """Everything that is known about one job."""
        page = read_page(self.desk)
        job = one_job(self.desk, page, job_id)
        return self._unknown(page) if job is None else self._render("job.html", page, job=job)

    def api_jobs(self) -> AnyResponse:
        """The list as JSON."""
        page = read_page(self.desk)
        jobs = list_jobs(self.desk, page, request.args.get("before"))
        return jsonify({**asdict(jobs), "now": page.now.isoformat()})

    def api_job(self, job_id: str) -> AnyResponse:
        """One job as JSON, in the list's own shape."""
        page = read_page(self.desk)
        job = one_job(self.desk, page, job_id)
        if job is None:
            return self._unknown(page)
        return jsonify({"jobs": [asdict(job)], "now": page.now.isoformat()})

    def retry(self, job_id: str) -> AnyResponse:
        """Has a failed job go on."""
        self.desk.retry(job_id)
        if wants_page():
            return redirect(url_for("dashboard.details", job_id=job_id), code=HTTPStatus.SEE_OTHER)
        return make_response(jsonify(job_id=job_id), HTTPStatus.ACCEPTED)

    def upload(self) -> AnyResponse:
        """Takes recordings."""
        page = read_page(self.desk)
        outcomes = take(request, self.desk, page.words, largest=self.largest_upload)
        refused = [each for each in outcomes if isinstance(each, Refused)]
        status = max((each.status for each in refused), default=HTTPStatus.ACCEPTED)
        if not wants_page():
            answer: dict[str, Any] = {"files": [_told(each) for each in outcomes]}
            if refused:
                answer["error"] = _told(refused[0])
            return make_response(jsonify(answer), status)
        if refused:
            return self._list(page, refused, status)
        return redirect(url_for("dashboard.episodes"), code=HTTPStatus.SEE_OTHER)

    def explain(self, error: PodcastError) -> AnyResponse:
        """What a person or a program is told of an error."""
        told = error.message, error.advice or ""
        return self._problem(read_page(self.desk), told, type(error).__name__, status_of(error))

    def _list(self, page: Page, refused: list[Refused] | None = None, status: int = HTTPStatus.OK) -> AnyResponse:
        before = request.args.get("before")
        jobs = list_jobs(self.desk, page, before)
        return self._render("episodes.html", page, status, jobs=jobs, before=before, refused=refused or [])

    def _unknown(self, page: Page) -> AnyResponse:
        return self._problem(page, page.words.unknown_job, NotFound.__name__, HTTPStatus.NOT_FOUND)

    def _problem(self, page: Page, told: tuple[str, str], kind: str, status: int) -> AnyResponse:
        message, advice = told
        if wants_page():
            return self._render("problem.html", page, status, message=message, advice=advice)
        return make_response(jsonify(error={"type": kind, "message": message, "advice": advice}), status)

    def _render(self, template: str, page: Page, status: int = HTTPStatus.OK, **values: Any) -> Response:
        text = render_template(
            f"dashboard/{template}",
            page=page,
            words=page.words,
            accepted=ACCEPTED,
            field=FIELD,
            largest_upload=self.largest_upload,
            largest_upload_size=formats.size(self.largest_upload),
            not_audio=page.words.refusals[Refusal.NOT_AUDIO],
            too_large=too_large(page.words, self.largest_upload),
            **values,
        )
        return make_response(text, status)


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


def _told(outcome: Received | Refused) -> dict[str, Any]:
    return {key: value for key, value in asdict(outcome).items() if key != "status"}
