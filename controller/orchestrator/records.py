"""The records of all jobs, in the work bucket, changed only by compare-and-swap."""

from __future__ import annotations

import threading

from shared import workspace
from shared.documents import read_document
from shared.errors import Damaged, NotFound
from shared.logger import get_logger
from shared.models import PodcastProcessingJob
from shared.storage import ABSENT, ObjectStore


class Records:
    """Loads and swaps records. Listing keeps what it read and reads again only what changed."""

    def __init__(self, work: ObjectStore) -> None:
        self._work = work
        self._seen: dict[str, tuple[str, PodcastProcessingJob]] = {}
        self._lock = threading.Lock()

    def load(self, job_id: str) -> tuple[PodcastProcessingJob, str] | None:
        """The record and its version, None where there is no such job. Raises Damaged where it cannot be read."""
        try:
            return read_document(self._work, workspace.record_key(job_id), PodcastProcessingJob)
        except NotFound:
            return None

    def create(self, job: PodcastProcessingJob) -> None:
        """Stores a new record. Raises ConflictError where the job has one."""
        self._write(job, ABSENT)

    def swap(self, job: PodcastProcessingJob, version: str) -> None:
        """Replaces the very version that was read. Raises ConflictError where somebody else was faster."""
        self._write(job, version)

    def newest_first(self) -> list[PodcastProcessingJob]:
        """All jobs, the newest first. A damaged record is left out and said in the log: the others are not to blame."""
        with self._lock:
            seen: dict[str, tuple[str, PodcastProcessingJob]] = {}
            for info in self._work.list(workspace.RECORDS):
                known = self._seen.get(info.name)
                if known is None or known[0] != info.version:
                    try:
                        job, version = read_document(self._work, info.name, PodcastProcessingJob)
                    except NotFound:  # removed by hand since it was listed
                        continue
                    except Damaged as error:
                        get_logger().error("record cannot be read", error=error.message, advice=error.advice)
                        continue
                    known = version, job
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
