"""The records of all jobs, in the work bucket, changed only by compare-and-swap."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from shared import workspace
from shared.documents import read_document
from shared.errors import Damaged, NotFound
from shared.logger import get_logger
from shared.models import PodcastProcessingJob
from shared.storage import ABSENT, ObjectStore

READERS = 16
"""Records that are read at once. After a cold start all of them are, and each takes a round trip or two."""


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
            listed = {info.name: info.version for info in self._work.list(workspace.RECORDS)}
            same = {name: known for name, known in self._seen.items() if listed.get(name) == known[0]}
            changed = [name for name in listed if name not in same]
            with ThreadPoolExecutor(READERS) as readers:
                read = dict(zip(changed, readers.map(self._read, changed), strict=True))
            self._seen = same | {name: known for name, known in read.items() if known is not None}
            jobs = [job for _, job in self._seen.values()]
            return sorted(jobs, key=lambda job: (job.created_at, job.job_id), reverse=True)

    def _read(self, name: str) -> tuple[str, PodcastProcessingJob] | None:
        try:
            job, version = read_document(self._work, name, PodcastProcessingJob)
        except NotFound:  # removed by hand since it was listed
            return None
        except Damaged as error:
            get_logger().error("record cannot be read", error=error.message, advice=error.advice)
            return None
        return version, job

    def _write(self, job: PodcastProcessingJob, expect: str) -> None:
        self._work.write(
            workspace.record_key(job.job_id),
            job.model_dump_json(indent=1).encode(),
            expect=expect,
            content_type="application/json",
        )
