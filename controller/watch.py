"""The laptop's Eventarc: notices recordings that people drop in the input folder, once they are whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import watchfiles

from controller.events import Dropped, why_no_episode
from shared.errors import PodcastError
from shared.logger import get_logger
from shared.storage import FolderStore, ObjectInfo

LOOK_EVERY_MS = 1000
"""How often unsettled files are looked at; the operating system tells about changes at once."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=1)
"""Before a file that could not be taken is tried again."""


@dataclass(frozen=True)
class Sighting:
    """A version of a file, and since when it has looked just like this."""

    version: str
    size: int
    since: datetime


@dataclass(frozen=True)
class Refusal:
    """A file that could not be taken, and when it is tried again."""

    wait: timedelta
    not_before: datetime

    @classmethod
    def after(cls, last: Refusal | None, now: datetime) -> Refusal:
        """Twice the last wait, up to a limit: a full disk need not be told of every second."""
        wait = FIRST_WAIT if last is None else min(LONGEST_WAIT, 2 * last.wait)
        return cls(wait, now + wait)


def look(seen: Mapping[str, Sighting], present: Iterable[ObjectInfo], now: datetime) -> dict[str, Sighting]:
    """What is there now, and since when each file has not changed."""
    return {
        info.name: known
        if (known := seen.get(info.name)) and (known.version, known.size) == (info.version, info.size)
        else Sighting(info.version, info.size, now)
        for info in present
    }


def settled(seen: Mapping[str, Sighting], now: datetime, settle: timedelta) -> dict[str, Sighting]:
    """The files that have not changed for so long that they count as whole."""
    return {name: sighting for name, sighting in seen.items() if now - sighting.since >= settle}


class FolderWatch:
    """Hands every whole recording in the folder to `take`, each version once.

    Args:
        store: the input folder.
        take: makes a job of it; safe to repeat.
        settle: how long a file must stay unchanged.
        now: the time.
    """

    def __init__(
        self,
        store: FolderStore,
        take: Callable[[Dropped], str],
        *,
        settle: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._take = take
        self._settle = settle
        self._now = now
        self._seen: dict[str, Sighting] = {}
        self._taken: dict[str, str] = {}
        self._nameless: set[str] = set()
        self._refused: dict[str, Refusal] = {}
        self._unseen = False

    def run(self, stop: threading.Event) -> None:
        """Watches until `stop` is set."""
        self._store.root.mkdir(parents=True, exist_ok=True)
        self._look_or_leave_it()
        for changes in watchfiles.watch(
            self._store.root,
            stop_event=stop,
            rust_timeout=LOOK_EVERY_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            if changes or self._unsettled() or self._unseen:
                self._look_or_leave_it()

    def _look_or_leave_it(self) -> None:
        try:
            self.look_once()
        except PodcastError as error:
            if not self._unseen:
                get_logger().error("the folder cannot be looked at; trying again", error=error.message)
            self._unseen = True
        else:
            self._unseen = False

    def look_once(self) -> None:
        """Looks at the folder once and takes what is whole."""
        now = self._now()
        present = [info for info in self._store.list() if self._may_be_episode(info.name)]
        self._seen = look(self._seen, present, now)
        for name, sighting in settled(self._seen, now, self._settle).items():
            if self._taken.get(name) != sighting.version and now >= self._not_before(name):
                self._take_one(name, sighting)

    def _may_be_episode(self, name: str) -> bool:
        if name in self._nameless:
            return False
        try:
            name.encode()
        except UnicodeEncodeError:
            # No record, feed or message can carry such a name.
            self._nameless.add(name)
            get_logger().error("this file's name is not UTF-8; rename it, and it is published", name=ascii(name))
            return False
        return why_no_episode(name) is None

    def _take_one(self, name: str, sighting: Sighting) -> None:
        dropped = Dropped(bucket=self._store.bucket, name=name, generation=int(sighting.version), size=sighting.size)
        try:
            self._take(dropped)
        except PodcastError as error:
            self._refused[name] = refusal = Refusal.after(self._refused.get(name), self._now())
            again = refusal.not_before.isoformat(timespec="seconds")
            get_logger().error("dropped file was not taken", name=name, error=error.message, tried_again_at=again)
            return
        self._taken[name] = sighting.version
        self._refused.pop(name, None)

    def _not_before(self, name: str) -> datetime:
        refusal = self._refused.get(name)
        return refusal.not_before if refusal else datetime.min.replace(tzinfo=UTC)

    def _unsettled(self) -> bool:
        return any(self._taken.get(name) != sighting.version for name, sighting in self._seen.items())
