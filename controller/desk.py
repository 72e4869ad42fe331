"""The controller as people meet it: the dashboard and the `podcast` command ask it, and it asks the parts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO

from controller.dashboard.desk import Draft
from controller.editing import Editing
from controller.events import Dropped
from controller.intake import Intake
from controller.orchestrator import Orchestrator
from controller.review import Review
from shared import workspace
from shared.config import Settings
from shared.errors import NotFound
from shared.models import EpisodeEdits, PodcastProcessingJob
from shared.models.progress import StepNote
from shared.show import ShowSettings


class FrontDesk:
    """Answers what people ask and does what they tell."""

    def __init__(
        self, settings: Settings, orchestrator: Orchestrator, intake: Intake, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._orchestrator = orchestrator
        self._intake = intake
        self._editing = Editing(settings.work, orchestrator, now)
        self._review = Review(settings.work, orchestrator)
        self.now = now

    @property
    def public_url(self) -> str:
        """Where the public bucket is served."""
        return self._settings.public_url

    @property
    def stack(self) -> str | None:
        """What people call the deployed stack in a command; None on a laptop."""
        return self._settings.stack

    def show(self) -> ShowSettings:
        """The show's settings."""
        return self._settings.show()

    def jobs(self, limit: int, before: str | None) -> list[PodcastProcessingJob]:
        """At most `limit` jobs, the newest first; only those older than the job `before`, if one is given."""
        jobs = self._orchestrator.records.newest_first()
        ids = [job.job_id for job in jobs]
        start = ids.index(before) + 1 if before in ids else 0
        return jobs[start : start + limit]

    def job(self, job_id: str) -> PodcastProcessingJob | None:
        """The job, None where there is no such job."""
        known = self._orchestrator.records.load(job_id)
        return known[0] if known else None

    def note(self, job_id: str) -> StepNote | None:
        """The newest word from the job's running step."""
        try:
            content, _ = self._settings.work.read(workspace.progress_key(job_id))
        except NotFound:
            return None
        return StepNote.model_validate_json(content)

    def retry(self, job_id: str) -> None:
        """Has the job resume from its failed step."""
        self._orchestrator.retry(job_id)

    def draft(self, job_id: str) -> Draft | None:
        """What was heard and what people made of it; None while nothing was heard yet, or of an unknown job."""
        return self._editing.draft(job_id)

    def save(self, job_id: str, edits: EpisodeEdits, version: str) -> Draft:
        """Keeps the edits, made on the draft of this `version`; nothing that is public changes by it."""
        return self._editing.save(job_id, edits, version)

    def publish(self, job_id: str, *, at: datetime | None = None, version: str | None = None) -> None:
        """Publishes what waits, at once or at the hour `at`; publishes anew what is public or was withdrawn."""
        self._review.publish(job_id, at, version)

    def reject(self, job_id: str) -> None:
        """Ends a job that waits for review or for its hour: it will not be published."""
        self._review.reject(job_id)

    def review_again(self, job_id: str) -> None:
        """Has a rejected or scheduled job wait for review again."""
        self._review.review_again(job_id)

    def withdraw(self, job_id: str) -> None:
        """Takes a published episode from the public."""
        self._review.withdraw(job_id)

    def reprocess(self, job_id: str) -> None:
        """Has the recording listened to anew; people's edits stay."""
        self._review.reprocess(job_id)

    def source_audio(self, job_id: str) -> tuple[BinaryIO, int, str] | None:
        """The pinned recording as a seekable reader, its size in bytes and its media type; None once it expired."""
        return self._editing.source_audio(job_id)

    def holds(self, name: str) -> bool:
        """Whether the input store has a file of this name already."""
        try:
            self._settings.input.stat(name)
        except NotFound:
            return False
        return True

    def receive(self, name: str, content: BinaryIO) -> str:
        """Puts a recording into the input store, whole or not at all, and returns the id of its job."""
        store = self._settings.input
        info = store.write(name, content)
        return self._intake.take(Dropped(bucket=store.bucket, name=name, generation=int(info.version), size=info.size))
