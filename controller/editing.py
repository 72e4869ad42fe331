"""Drafts: the model's words with people's edits beside them, and keeping those edits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from controller.dashboard.desk import Draft
from controller.orchestrator import Orchestrator
from controller.orchestrator.command_line import pinned_key
from controller.orchestrator.orders import AT_REST, check_newest
from shared import workspace
from shared.contract import PROCESS
from shared.drafts import heard_by, read_edits, read_published
from shared.edited import edited, rebased
from shared.errors import ConflictError, NotFound
from shared.models import EpisodeEdits, PodcastProcessingJob
from shared.storage import ObjectStore

MEDIA_TYPES: Final = {
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "mp4": "audio/mp4",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
}
UNKNOWN_TYPE: Final = "application/octet-stream"


class Editing:
    """Reads and keeps drafts.

    Args:
        work: the work bucket.
        orchestrator: owns the records.
        now: the time.
    """

    def __init__(self, work: ObjectStore, orchestrator: Orchestrator, now: Callable[[], datetime]) -> None:
        self._work = work
        self._orchestrator = orchestrator
        self._now = now

    def draft(self, job_id: str) -> Draft | None:
        """What was heard, and what people made of it; None while nothing was heard yet, or of an unknown job."""
        known = self._orchestrator.records.load(job_id)
        return self._draft_of(known[0]) if known else None

    def save(self, job_id: str, edits: EpisodeEdits, version: str) -> Draft:
        """Keeps the edits, made on the draft of this `version`.

        Raises:
            NotFound: there is no such job.
            ConflictError: a step of it runs, nothing was heard, a newer recording took its place, or somebody else
                saved meanwhile.
        """
        known = self._orchestrator.records.load(job_id)
        if known is None:
            raise NotFound(f"there is no job {job_id}", advice="`podcast jobs` lists all jobs.")
        job, _ = known
        check_newest(job, read_published(self._work, job.episode_id))
        draft = self._draft_of(job)
        heard, _, edits_version = version.partition("-")
        if draft is not None and heard != str(_hearing(job)):
            raise ConflictError(
                f"{job.title or job.source.object_name} was listened to again since you opened it",
                advice="Open it again in another window, and carry your changes over.",
            )
        if job.replaced_by is not None:
            raise ConflictError(
                f"a newer recording of {job.title or job.source.object_name} took its place",
                advice=f"Open that one: job {job.replaced_by}.",
            )
        if job.state not in AT_REST or draft is None:
            raise ConflictError(
                f"{job.title or job.source.object_name} is {job.state.value} and cannot be edited now",
                advice="Wait until its steps are done, and save again.",
            )
        kept = edits.model_copy(
            update={
                "episode_id": job.episode_id,
                "generation": job.source.generation,
                "revision": draft.edits.revision + 1,
                "edited_at": self._now(),
                "others": draft.edits.others,
            }
        )
        try:
            info = self._work.write(
                workspace.edits_key(job.episode_id),
                kept.model_dump_json(indent=1).encode(),
                expect=edits_version,
                content_type="application/json",
            )
        except ConflictError as error:
            raise ConflictError(
                "somebody else changed this episode since you opened it",
                advice="Open it again in another window, and carry your changes over.",
            ) from error
        title = edited(draft.heard, kept, generation=kept.generation).title
        self._orchestrator.note_edits(job_id, title, kept.revision)
        return Draft(draft.heard, kept, _version(job, info.version))

    def source_audio(self, job_id: str) -> tuple[BinaryIO, int, str] | None:
        """The pinned recording as a seekable reader, its size in bytes and its media type; None once it expired."""
        known = self._orchestrator.records.load(job_id)
        if known is None:
            return None
        key = pinned_key(known[0])
        try:
            size = self._work.stat(key).size
            reader = self._work.open(key)
        except NotFound:
            return None
        return reader, size, MEDIA_TYPES.get(PurePosixPath(key).suffix.lstrip("."), UNKNOWN_TYPE)

    def _draft_of(self, job: PodcastProcessingJob) -> Draft | None:
        heard = heard_by(self._work, job)
        if heard is None:
            return None
        edits, version = read_edits(self._work, job.episode_id)
        generation = job.source.generation
        if edits is None:
            edits = EpisodeEdits(episode_id=job.episode_id, generation=generation)
        return Draft(heard, rebased(edits, heard, generation=generation), _version(job, version))


def draft_version(work: ObjectStore, job: PodcastProcessingJob) -> str:
    """Which draft of the job there is now: another one after each save, and after each time it was listened to anew."""
    return _version(job, read_edits(work, job.episode_id)[1])


def _version(job: PodcastProcessingJob, edits_version: str) -> str:
    return f"{_hearing(job)}-{edits_version}"


def _hearing(job: PodcastProcessingJob) -> int:
    # Grows whenever what was heard before counts no more.
    return job.step(PROCESS.name).counts_from
