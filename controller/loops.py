"""A loop in the background that cannot die unnoticed: what ends it unexpectedly ends the whole program, loudly."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def in_background(
    name: str, run: Callable[[threading.Event], None], *, crashed: Callable[[], None] = _thread.interrupt_main
) -> Iterator[None]:
    """Runs `run(stop)` in a thread for the length of the block, and stops it at the end.

    Trouble that was foreseen is `run`'s own business. Anything else is a defect: a controller that serves pages while
    nobody moves the episodes would be worse than none, so `crashed` is called, by default like a Ctrl-C in the main
    thread, and the error is raised at the end of the block.
    """
    stop = threading.Event()
    ended_by: list[BaseException] = []

    def guarded() -> None:
        try:
            run(stop)
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that people see
            ended_by.append(error)
            crashed()

    thread = threading.Thread(target=guarded, name=name)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        if ended_by:
            raise ended_by[0]
