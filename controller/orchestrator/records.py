"""The records of all jobs, in the work bucket, changed only by compare-and-swap."""

from __future__ import annotations

import threading

from shared import workspace
from shared.errors import NotFound
from shared.models import PodcastProcessingJob
from shared.storage import ABSENT, ObjectStore


class Records:
    """Loads and swaps records. Listing keeps what it read and reads again only what changed."""

    def __init__(self, work: ObjectStore) -> None:
        self._work = work
        self._seen: dict[str, tuple[str, PodcastProcessingJob]] = {}
        self._lock = threading.Lock()

    def load(self, job_id: str) -> tuple[PodcastProcessingJob, str] | None:
        """The record and its version, None where there is no such job."""
        try:
            content, info = self._work.read(workspace.record_key(job_id))
        except NotFound:
            return None
        return PodcastProcessingJob.model_validate_json(content), info.version

    def create(self, job: PodcastProcessingJob) -> None:
        """Stores a new record. Raises ConflictError where the job has one."""
        self._write(job, ABSENT)

    def swap(self, job: PodcastProcessingJob, version: str) -> None:
        """Replaces the very version that was read. Raises ConflictError where somebody else was faster."""
        self._write(job, version)

    def newest_first(self) -> list[PodcastProcessingJob]:
        """All jobs, the newest first."""
        with self._lock:
            seen: dict[str, tuple[str, PodcastProcessingJob]] = {}
            for info in self._work.list(workspace.RECORDS):
                known = self._seen.get(info.name)
                if known is None or known[0] != info.version:
                    try:
                        content, read = self._work.read(info.name)
                    except NotFound:  # removed by hand since it was listed
                        continue
                    known = read.version, PodcastProcessingJob.model_validate_json(content)
                seen[info.name] = known
            self._seen = seen
            return sorted((job for _, job in seen.values()), key=lambda job: (job.created_at, job.job_id), reverse=True)

    def _write(self, job: PodcastProcessingJob, expect: str) -> None:
        self._work.write(
            workspace.record_key(job.job_id),
            job.model_dump_json(indent=1).encode(),
            expect=expect,
            content_type="application/json",
        )
