"""What each route of the dashboard does. Pages are rendered whole here; the script only keeps them fresh."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus

from flask import jsonify, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from controller.dashboard import formats
from controller.dashboard.answers import render, unknown_job, wants_page
from controller.dashboard.desk import Desk
from controller.dashboard.filenames import ACCEPTED, Refusal
from controller.dashboard.page import Page, list_jobs, one_job, read_page
from controller.dashboard.uploads import FIELD, Refused, take, told, too_large


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
        return unknown_job(page) if job is None else render("job.html", page, job=job)

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
            return unknown_job(page)
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
        answer, status = told(outcomes)
        if not wants_page():
            return make_response(jsonify(answer), status)
        if refused := [each for each in outcomes if isinstance(each, Refused)]:
            return self._list(page, refused, status)
        return redirect(url_for("dashboard.episodes"), code=HTTPStatus.SEE_OTHER)

    def _list(self, page: Page, refused: list[Refused] | None = None, status: int = HTTPStatus.OK) -> AnyResponse:
        before = request.args.get("before")
        jobs = list_jobs(self.desk, page, before)
        return render(
            "episodes.html",
            page,
            status,
            jobs=jobs,
            before=before,
            refused=refused or [],
            accepted=ACCEPTED,
            field=FIELD,
            largest_upload=self.largest_upload,
            largest_upload_size=formats.size(self.largest_upload),
            not_audio=page.words.refusals[Refusal.NOT_AUDIO],
            too_large=too_large(page.words, self.largest_upload),
        )
