"""What a newer recording of an episode does to the jobs of the older ones."""

from __future__ import annotations

from collections.abc import Collection

from controller.orchestrator.records import Records
from shared.drafts import read_published
from shared.errors import ConflictError, Damaged, TransientError
from shared.logger import get_logger
from shared.models import PodcastProcessingJob
from shared.storage import ObjectStore

MOST_TURNS = 20
"""How often a lost compare-and-swap is tried again at once; each means that somebody else succeeded."""


def newer_draft(job: PodcastProcessingJob, jobs: Collection[PodcastProcessingJob]) -> PodcastProcessingJob | None:
    """The newest of the recordings among `jobs` that are newer than this job's, of the same episode, and wait."""
    newer = [
        each
        for each in jobs
        if each.waits and each.episode_id == job.episode_id and each.source.generation > job.source.generation
    ]
    return max(newer, key=lambda each: each.source.generation, default=None)


def outdated_drafts(jobs: Collection[PodcastProcessingJob]) -> list[tuple[PodcastProcessingJob, PodcastProcessingJob]]:
    """The drafts among `jobs` in whose stead a newer one waits, each with that one.

    What listeners hear meanwhile is left as it is: people may still take it from the public.
    """
    old = [job for job in jobs if job.waits and not job.is_heard]
    return [(job, newer) for job in old if (newer := newer_draft(job, jobs))]


def tell_replaced(work: ObjectStore, records: Records, job: PodcastProcessingJob) -> None:
    """Has the records of the recordings that this job's replaced in the catalogue say so. Safe to repeat.

    Raises:
        TransientError: one of them kept changing meanwhile, or cannot be read just now.
        Damaged: the catalogue entry cannot be read.
    """
    entry = read_published(work, job.episode_id)
    if entry is None or entry.job_id != job.job_id:
        return
    for earlier in entry.earlier_jobs:
        _tell(records, earlier, job.job_id)


def _tell(records: Records, job_id: str, newer: str) -> None:
    for _ in range(MOST_TURNS):
        try:
            known = records.load(job_id)
        except Damaged as error:
            # Only a person can mend it, and the newer recording is not to blame.
            get_logger().error("record cannot be read", job_id=job_id, error=error.message, advice=error.advice)
            return
        if known is None or known[0].replaced_by == newer:
            return
        try:
            records.swap(known[0].but(replaced_by=newer), known[1])
        except ConflictError:
            continue
        return
    raise TransientError(f"job {job_id} kept changing meanwhile", advice="The next sweep tries again.")
