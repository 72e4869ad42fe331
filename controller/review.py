"""What people decide about an episode: whether and when it is public, and whether it is listened to once more."""

from __future__ import annotations

from datetime import datetime

from controller.editing import draft_version
from controller.orchestrator import Orchestrator, orders
from controller.orchestrator.replaced import newer_draft
from shared import workspace
from shared.drafts import read_published
from shared.errors import ConflictError
from shared.models import PodcastProcessingJob
from shared.storage import ObjectStore


class Review:
    """Gives people's orders to the orchestrator, having looked at what only a store knows.

    Args:
        work: the work bucket.
        orchestrator: owns the records.
    """

    def __init__(self, work: ObjectStore, orchestrator: Orchestrator) -> None:
        self._work = work
        self._orchestrator = orchestrator

    def publish(self, job_id: str, at: datetime | None, version: str | None = None) -> None:
        """Publishes what waits, at once or at the hour `at`; publishes anew what is public or was withdrawn.

        Raises ConflictError where there is another draft than that of this `version`: nobody has read that one.
        """

        def order(job: PodcastProcessingJob, now: datetime) -> PodcastProcessingJob:
            if version is not None and version != draft_version(self._work, job):
                raise ConflictError(
                    f"{job.title or job.source.object_name} has changed since you opened it",
                    advice="Open it again, read what is new, and publish that.",
                )
            orders.check_newest_draft(job, newer_draft(job, self._orchestrator.open_jobs()))
            return orders.publish(job, now, entry=read_published(self._work, job.episode_id), at=at)

        self._orchestrator.change(job_id, order)

    def reject(self, job_id: str) -> None:
        """Ends a job that waits for review or for its hour."""
        self._orchestrator.change(job_id, orders.reject)

    def review_again(self, job_id: str) -> None:
        """Has a rejected or scheduled job wait for review again."""
        self._orchestrator.change(job_id, orders.review_again)

    def withdraw(self, job_id: str) -> None:
        """Takes the episode from the public, where what is public of it is this job's."""

        def order(job: PodcastProcessingJob, now: datetime) -> PodcastProcessingJob:
            return orders.withdraw(job, now, entry=read_published(self._work, job.episode_id))

        self._orchestrator.change(job_id, order)

    def reprocess(self, job_id: str) -> None:
        """Has the recording listened to anew, from its first second."""

        def order(job: PodcastProcessingJob, now: datetime) -> PodcastProcessingJob:
            ordered = orders.reprocess(job, now)
            # Before the record says so: a step that has started already may keep what it heard.
            for info in list(self._work.list(workspace.chunks_prefix(job_id))):
                self._work.delete(info.name)
            return ordered

        self._orchestrator.change(job_id, order)
