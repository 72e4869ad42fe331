"""The limit on episodes under way: a place is an object that holds the id of the job that has it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared import workspace
from shared.errors import ConflictError, NotFound
from shared.storage import ABSENT, ObjectStore


@dataclass(frozen=True)
class _Place:
    """Who has it, "" for nobody, and the version that says so."""

    holder: str
    version: str


NEVER_USED = _Place("", ABSENT)


class Slots:
    """`count` places, held by job ids."""

    def __init__(self, work: ObjectStore, count: int) -> None:
        self._work = work
        self._count = count

    def take(self, job_id: str) -> bool:
        """Whether the job has a place now; taking one twice gives the same one."""
        places = self._places()
        if job_id in (place.holder for place in places.values()):
            return True
        for number in range(self._count):
            key = workspace.slot_key(number)
            place = places.get(key, NEVER_USED)
            if not place.holder and self._give(key, job_id, place.version):
                return True
        return False

    def holders(self) -> set[str]:
        """The jobs that have a place."""
        return {place.holder for place in self._places().values() if place.holder}

    def free(self, job_id: str) -> None:
        """Gives the job's place back, if it has one."""
        self.free_where(lambda holder: holder == job_id)

    def free_where(self, left: Callable[[str], bool]) -> None:
        """Gives back the places of all jobs for which `left(job_id)` holds.

        A place is emptied, never deleted, and only as long as it is the one that was looked at: another sweep may have
        emptied it already, and a new episode may have it.
        """
        for key, place in self._places().items():
            if place.holder and left(place.holder):
                self._give(key, "", place.version)

    def _give(self, key: str, holder: str, version: str) -> bool:
        try:
            self._work.write(key, holder.encode(), expect=version)
        except ConflictError:
            return False
        return True

    def _places(self) -> dict[str, _Place]:
        places = {}
        for listed in self._work.list(workspace.SLOTS):
            try:
                content, info = self._work.read(listed.name)
            except NotFound:  # removed by hand since it was listed
                continue
            places[listed.name] = _Place(content.decode(), info.version)
        return places
