"""The limit on episodes under way: a place is an object that only one job can create."""

from __future__ import annotations

from collections.abc import Callable

from shared import workspace
from shared.errors import ConflictError, NotFound
from shared.storage import ABSENT, ObjectStore


class Slots:
    """`count` places, held by job ids."""

    def __init__(self, work: ObjectStore, count: int) -> None:
        self._work = work
        self._count = count

    def take(self, job_id: str) -> bool:
        """Whether the job has a place now; taking one twice gives the same one."""
        holders = self._holders()
        if job_id in holders.values():
            return True
        for number in range(self._count):
            key = workspace.slot_key(number)
            if key in holders:
                continue
            try:
                self._work.write(key, job_id.encode(), expect=ABSENT)
            except ConflictError:
                continue
            return True
        return False

    def free(self, job_id: str) -> None:
        """Gives the job's place back, if it has one."""
        self.free_where(lambda holder: holder == job_id)

    def free_where(self, left: Callable[[str], bool]) -> None:
        """Gives back the places of all jobs for which `left(job_id)` holds."""
        for key, holder in self._holders().items():
            if left(holder):
                self._work.delete(key)

    def _holders(self) -> dict[str, str]:
        holders = {}
        for info in self._work.list(workspace.SLOTS):
            try:
                holders[info.name] = self._work.read(info.name)[0].decode()
            except NotFound:  # given back since it was listed
                continue
        return holders
