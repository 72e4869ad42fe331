"""Working on several things at a time, and on no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from contextvars import copy_context
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def abreast(work: Callable[[Given], Made], given: Iterable[Given], most: int) -> Iterator[Made]:
    """What `work` makes of each thing given, in the order in which it gets done.

    At most `most` are under way in threads, and no more than that are taken from `given` ahead of their time. After an
    error nothing new is begun; what is under way still comes to its end, since it may have been paid for already.
    """
    under_way: set[Future[Made]] = set()
    with ThreadPoolExecutor(max_workers=most) as pool:
        for each in given:
            # The context carries the labels of the job's log lines into the thread.
            under_way.add(pool.submit(copy_context().run, work, each))
            if len(under_way) == most:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in as_completed(under_way))
