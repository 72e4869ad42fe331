"""One controller at a time over one folder: whoever holds the lock moves the episodes, others only watch."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_NAME = ".controller.lock"


@contextmanager
def controller_lock(data: Path) -> Iterator[bool]:
    """Whether this process is the folder's controller for the length of the block."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / LOCK_NAME).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
