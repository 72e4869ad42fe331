"""One controller at a time over one folder: whoever holds the lock moves the episodes, others only watch."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.local import LocalController

LOCK_NAME = ".controller.lock"

LOOK_EVERY = 0.5
"""Seconds between two looks whether the other controller has gone."""


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


@contextmanager
def moving(controller: LocalController, data: Path) -> Iterator[bool]:
    """Moves the folder's episodes for the length of the block, from the moment when no other controller does.

    Gives whether that is from the start. A controller that leaves early leaves no episode behind.
    """
    stop = threading.Event()

    def take_over() -> None:
        while not stop.is_set():
            with controller_lock(data) as ours:
                if ours:
                    with controller.sweeping():
                        stop.wait()
                    return
            stop.wait(LOOK_EVERY)

    with controller_lock(data) as free:
        pass
    thread = threading.Thread(target=take_over, name="take-over")
    thread.start()
    try:
        yield free
    finally:
        stop.set()
        thread.join()
