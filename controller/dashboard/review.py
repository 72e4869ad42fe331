"""What the routes of the editor do: the page, its recording, the draft as JSON, and people's decisions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

from flask import jsonify, make_response, redirect, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from controller.callers import caller_of
from controller.dashboard.actions import ASKS_FIRST, ENDPOINTS, Action, actions_for
from controller.dashboard.answers import problem, render, unknown_job
from controller.dashboard.audio import answer_audio
from controller.dashboard.changes import LONGEST, Problem, SentEdits, edits_from
from controller.dashboard.desk import Desk, Draft
from controller.dashboard.drafts import draft_json, etag_of, matches, saved_json, version_seen
from controller.dashboard.page import Page, one_job, read_page
from controller.dashboard.policy import policy_with_media
from controller.dashboard.views import web_address
from shared.errors import ConflictError, NotFound, PermanentError, reasons_of
from shared.models import PodcastProcessingJob

ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?=/|$)")
LARGEST_EDITS: Final = 8 * 1024 * 1024
"""Bytes: every line of eight hours changed, three bytes a character, is less than half of it."""


@dataclass(frozen=True)
class ReviewHandlers:
    """The routes' functions over one desk."""

    desk: Desk

    def edit(self, job_id: str) -> AnyResponse:
        """The editor."""
        page = read_page(self.desk)
        job, view = self.desk.job(job_id), one_job(self.desk, page, job_id)
        if job is None or view is None:
            return unknown_job(page)
        if self.desk.draft(job_id) is None:
            return problem(page, page.words.editor.nothing_heard, NotFound.__name__, HTTPStatus.NOT_FOUND)
        response = render(
            "edit.html",
            page,
            job=view,
            actions=actions_for(job),
            endpoints=ENDPOINTS,
            asks_first=ASKS_FIRST,
            hour_action=Action.PUBLISH_AT,
            hour=_hour_of(job, page),
            longest=LONGEST,
        )
        response.headers["Content-Security-Policy"] = policy_with_media(_origin(page.public_url))
        return response

    def audio(self, job_id: str) -> AnyResponse:
        """The pinned recording; the published audio once that expired."""
        page = read_page(self.desk)
        job = self.desk.job(job_id)
        if job is None:
            return unknown_job(page)
        recording = self.desk.source_audio(job_id)
        if recording is not None:
            return answer_audio(request, recording, job_id)
        published = "" if job.withdrawn or job.replaced_by else web_address(job.audio_url)
        if published:
            return redirect(published)
        return problem(page, page.words.editor.no_audio, NotFound.__name__, HTTPStatus.NOT_FOUND)

    def draft(self, job_id: str) -> AnyResponse:
        """The draft as JSON, its version as ETag."""
        page = read_page(self.desk)
        job, draft = self._draft_of(job_id)
        if job is None:
            return unknown_job(page)
        if draft is None:
            return problem(page, page.words.editor.nothing_heard, NotFound.__name__, HTTPStatus.NOT_FOUND)
        return _with_version(jsonify(draft_json(job, draft)), draft)

    def save(self, job_id: str) -> AnyResponse:
        """Keeps the edits that were made on the version in If-Match."""
        page = read_page(self.desk)
        job, draft = self._draft_of(job_id)
        if job is None:
            return unknown_job(page)
        if draft is None:
            return problem(page, page.words.editor.nothing_heard, NotFound.__name__, HTTPStatus.NOT_FOUND)
        refusal = _refusal_of_version(page, draft, required=True)
        if refusal is not None:
            return refusal
        sent = _sent_edits(page)
        if not isinstance(sent, SentEdits):
            return sent
        edits = edits_from(sent, draft, page.words.editor)
        if isinstance(edits, list):
            return _problems(page, edits)
        by = edits.model_copy(update={"edited_by": caller_of(dict(request.headers))})
        saved = self.desk.save(job_id, by, draft.version)
        return _with_version(jsonify(saved_json(job, saved)), saved)

    def publish(self, job_id: str) -> AnyResponse:
        """Publishes now, or at the hour in `at`: ISO 8601, in the show's time zone where it names none."""
        page = read_page(self.desk)
        body = request.get_json(silent=True) if request.content_length else {}
        raw = body.get("at") if isinstance(body, dict) else None
        seen = version_seen(request.headers.get("If-Match"))
        if raw is None:
            return self._order(job_id, lambda order: self.desk.publish(order, version=seen))
        at = read_hour(raw, ZoneInfo(page.show.time_zone))
        if at is None:
            return _problems(page, [Problem("at", page.words.editor.no_hour)])
        if at <= page.now:
            return _problems(page, [Problem("at", page.words.editor.past)])
        return self._order(job_id, lambda order: self.desk.publish(order, at=at, version=seen))

    def reject(self, job_id: str) -> AnyResponse:
        """Does not publish what waits."""
        return self._order(job_id, self.desk.reject)

    def review_again(self, job_id: str) -> AnyResponse:
        """Has it wait for review again."""
        return self._order(job_id, self.desk.review_again)

    def withdraw(self, job_id: str) -> AnyResponse:
        """Takes it from the public."""
        return self._order(job_id, self.desk.withdraw)

    def reprocess(self, job_id: str) -> AnyResponse:
        """Has it listened to anew."""
        return self._order(job_id, self.desk.reprocess)

    def _order(self, job_id: str, order: Callable[[str], None]) -> AnyResponse:
        page = read_page(self.desk)
        job, draft = self._draft_of(job_id)
        if job is None:
            return unknown_job(page)
        # Whoever names the version that they saw decides about that one and no other.
        refusal = None if draft is None else _refusal_of_version(page, draft, required=False)
        if refusal is not None:
            return refusal
        order(job_id)
        return make_response(jsonify(job_id=job_id), HTTPStatus.ACCEPTED)

    def _draft_of(self, job_id: str) -> tuple[PodcastProcessingJob | None, Draft | None]:
        job = self.desk.job(job_id)
        return job, None if job is None else self.desk.draft(job_id)


def read_hour(raw: object, zone: ZoneInfo) -> datetime | None:
    """The hour that a person or a program wrote, in `zone` where it names none; None where it is no hour."""
    if not isinstance(raw, str):
        return None
    try:
        at = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _hour_of(job: PodcastProcessingJob, page: Page) -> str:
    """What stands in the field of the hour: the one that was chosen."""
    if job.release_at is None:
        return ""
    return f"{job.release_at.astimezone(ZoneInfo(page.show.time_zone)):%Y-%m-%dT%H:%M}"


def _sent_edits(page: Page) -> SentEdits | AnyResponse:
    words = page.words.editor
    request.max_content_length = LARGEST_EDITS
    try:
        return SentEdits.model_validate(request.get_json())
    except ValidationError as error:
        told = reasons_of(error), words.not_edits[1]
        return problem(page, told, PermanentError.__name__, HTTPStatus.BAD_REQUEST)
    except HTTPException as error:  # no JSON, or too much of it
        return problem(page, words.not_edits, PermanentError.__name__, error.code or HTTPStatus.BAD_REQUEST)


def _refusal_of_version(page: Page, draft: Draft, *, required: bool) -> AnyResponse | None:
    named = request.headers.get("If-Match")
    if named is None:
        if not required:
            return None
        told = page.words.editor.no_version
        return problem(page, told, PermanentError.__name__, HTTPStatus.PRECONDITION_REQUIRED)
    if matches(named, draft):
        return None
    return problem(page, page.words.editor.other_version, ConflictError.__name__, HTTPStatus.PRECONDITION_FAILED)


def _problems(page: Page, problems: list[Problem]) -> AnyResponse:
    return problem(
        page,
        page.words.editor.not_saved,
        PermanentError.__name__,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        fields=[asdict(each) for each in problems],
    )


def _with_version(response: AnyResponse, draft: Draft) -> AnyResponse:
    response.headers["ETag"] = etag_of(draft)
    return response


def _origin(url: str) -> str:
    """Scheme and host of the URL, as a policy may name them; nothing where it has none such."""
    found = ORIGIN.match(url)
    return found[0] if found else ""
