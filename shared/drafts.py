"""An episode's words as the work bucket keeps them: what was heard, what people changed, and what is published."""

from __future__ import annotations

from pydantic import ValidationError

from shared import workspace
from shared.contract import PROCESS, ProcessResult
from shared.documents import read_document
from shared.edited import edited
from shared.errors import Damaged, NotFound, reasons_of
from shared.models import CatalogueEntry, EpisodeEdits, PodcastProcessingJob, ProcessingMetadata
from shared.storage import ABSENT, ObjectStore


def heard_by(work: ObjectStore, job: PodcastProcessingJob) -> ProcessingMetadata | None:
    """What the newest attempt at process-job that counts has heard; None where none has heard anything yet.

    Raises:
        Damaged: what is kept of it is no result of process-job.
    """
    progress = job.step(PROCESS.name)
    for attempt in range(progress.attempt, progress.counts_from - 1, -1):
        key = workspace.result_key(job.job_id, PROCESS.name, attempt)
        try:
            content, _ = work.read(key)
        except NotFound:
            continue
        try:
            result = PROCESS.parse_result_json(content)
        except ValidationError as error:
            raise Damaged(
                f"{key} is damaged: {reasons_of(error)}", advice="Have the episode processed again."
            ) from error
        if isinstance(result, ProcessResult):
            return result.metadata
    return None


def words_of(work: ObjectStore, job: PodcastProcessingJob) -> ProcessingMetadata | None:
    """What was heard, as people want it; None where nothing was heard yet."""
    heard = heard_by(work, job)
    if heard is None:
        return None
    edits, _ = read_edits(work, job.episode_id)
    return edited(heard, edits, generation=job.source.generation)


def read_edits(work: ObjectStore, episode_id: str) -> tuple[EpisodeEdits | None, str]:
    """The episode's edits and their version; None and `ABSENT` where nobody edited it."""
    try:
        return read_document(work, workspace.edits_key(episode_id), EpisodeEdits)
    except NotFound:
        return None, ABSENT


def read_published(work: ObjectStore, episode_id: str) -> CatalogueEntry | None:
    """The episode's entry in the catalogue; None where it has none."""
    try:
        return read_document(work, workspace.catalogue_key(episode_id), CatalogueEntry)[0]
    except NotFound:
        return None
