"""The publisher's lease: one at a time folds the catalogue, and whoever dies holding it is replaced after a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import stamina
from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared import workspace
from shared.errors import ConflictError, NotFound, TransientError
from shared.logger import get_logger
from shared.storage import ABSENT, ObjectStore

LASTS = timedelta(seconds=60)
"""Far longer than folding takes. What outlasts it still cannot do harm: every write names the version it replaces."""
PATIENCE = LASTS * 3
"""How long an upload waits for its turn."""
FIRST_WAIT = 0.1
LONGEST_WAIT = 2.0
"""Seconds between two looks at a lease that somebody else holds."""

Clock = Callable[[], datetime]


class LeaseHeld(TransientError):
    """Somebody else publishes right now."""


class Lease(BaseModel):
    """Who publishes, and until when the others wait. Without an owner it is free."""

    model_config = ConfigDict(frozen=True)

    owner: str | None
    expires_at: AwareDatetime

    def held_against(self, owner: str, now: datetime) -> bool:
        """Whether `owner` has to wait."""
        return self.owner not in {None, owner} and now < self.expires_at


@contextmanager
def publisher_lease(work: ObjectStore, owner: str, *, now: Clock, patience: timedelta = PATIENCE) -> Iterator[None]:
    """Holds the lease, having waited for it if need be.

    Args:
        work: where the lease lies.
        owner: unique to this execution.
        now: the clock that expiry is measured with.
        patience: how long to wait at most.

    Raises:
        LeaseHeld: it did not become free in time.
    """
    version = _wait_for(work, owner, now, patience)
    try:
        yield
    finally:
        _release(work, version, now())


def _wait_for(work: ObjectStore, owner: str, now: Clock, patience: timedelta) -> str:
    for attempt in stamina.retry_context(
        on=LeaseHeld, attempts=None, timeout=patience, wait_initial=FIRST_WAIT, wait_max=LONGEST_WAIT, wait_jitter=0.1
    ):
        with attempt:
            return take_lease(work, owner, now())
    raise AssertionError("retry_context either returns or raises")  # pragma: no cover - for the type checker


def take_lease(work: ObjectStore, owner: str, now: datetime) -> str:
    """Takes the lease if it is free, our own or expired, and returns its version.

    Raises:
        LeaseHeld: somebody else has it, or was quicker.
    """
    try:
        content, info = work.read(workspace.PUBLISHER_LEASE)
    except NotFound:
        version = ABSENT
    else:
        version = info.version
        current = Lease.model_validate_json(content)
        if current.held_against(owner, now):
            raise LeaseHeld(f"{current.owner} publishes until {current.expires_at:%H:%M:%S}")
        if current.owner is not None:
            get_logger().warning("taking over the lease of a publisher that did not finish", previous=current.owner)
    wanted = Lease(owner=owner, expires_at=now + LASTS)
    try:
        return work.write(workspace.PUBLISHER_LEASE, wanted.model_dump_json().encode(), expect=version).version
    except ConflictError as error:
        raise LeaseHeld("another publisher took the lease first") from error


def _release(work: ObjectStore, version: str, now: datetime) -> None:
    free = Lease(owner=None, expires_at=now)
    try:
        work.write(workspace.PUBLISHER_LEASE, free.model_dump_json().encode(), expect=version)
    except ConflictError:
        get_logger().warning("the lease had expired and belongs to somebody else now")
