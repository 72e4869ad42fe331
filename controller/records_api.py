"""The records as JSON, for `podcast … --stack NAME`: what the command shows of a job on a laptop, it shows from here.

    GET /api/records?limit=20&before=JOB    the newest first
    GET /api/records?id=BEGINNING           those whose id begins so
    GET /api/records/JOB                    one, with the newest word from its running step
    GET /api/records/JOB/heard              what was heard and people made of it, without the transcript
    GET /api/show                           the show's settings

Every answer but the last carries the controller's own time as `now`. It takes whoever may see the dashboard.
"""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel

from controller.desk import FrontDesk
from shared.edited import edited
from shared.errors import NotFound, PermanentError

MOST: Final = 500
"""Records in one answer: about a megabyte."""
USUAL: Final = 20


def build_records_api(desk: FrontDesk) -> Blueprint:
    """The routes over this desk."""
    api = Blueprint("records", __name__)

    @api.get("/api/records")
    def records() -> Response:
        beginning = request.args.get("id", "")
        limit = _limit(request.args.get("limit"))
        jobs = desk.jobs(sys.maxsize if beginning else limit, request.args.get("before"))
        found = [job for job in jobs if job.job_id.startswith(beginning)]
        return jsonify(now=desk.now().isoformat(), records=[_plain(job) for job in found[:limit]])

    @api.get("/api/records/<job_id>")
    def record(job_id: str) -> Response:
        job = desk.job(job_id)
        if job is None:
            raise _unknown(job_id)
        note = None if job.ended else desk.note(job_id)
        return jsonify(now=desk.now().isoformat(), record=_plain(job), note=None if note is None else _plain(note))

    @api.get("/api/records/<job_id>/heard")
    def heard(job_id: str) -> Response:
        draft = desk.draft(job_id)
        if draft is None:
            raise NotFound(f"nothing was heard of {job_id} yet")
        words = edited(draft.heard, draft.edits, generation=draft.edits.generation)
        brief = words.model_copy(update={"transcript": "", "segments": []})
        return jsonify(now=desk.now().isoformat(), heard=_plain(brief))

    @api.get("/api/show")
    def show() -> Response:
        return jsonify(show=_plain(desk.show()), public_url=desk.public_url)

    @api.errorhandler(NotFound)
    def unknown(error: NotFound) -> tuple[Response, int]:
        return jsonify(error=error.to_failure().model_dump(mode="json")), HTTPStatus.NOT_FOUND

    @api.errorhandler(PermanentError)
    def refuse(error: PermanentError) -> tuple[Response, int]:
        return jsonify(error=error.to_failure().model_dump(mode="json")), HTTPStatus.BAD_REQUEST

    @api.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return api


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise PermanentError(f"limit is {text!r}", advice=f"Give a number from 1 to {MOST}.")
    return int(text)


def _plain(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json")


def _unknown(job_id: str) -> NotFound:
    return NotFound(f"there is no job {job_id}", advice="`podcast jobs` lists all jobs.")
