"""Working on several things at a time, and no more."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def abreast(work: Callable[[Given], Made], given: Iterable[Given], most: int) -> Iterator[Made]:
    """What `work` makes of each thing given, in the order in which it gets done.

    At most `most` are under way, and no more are taken from `given` than that. After the first error nothing new is
    begun; what is under way comes to its end, and is made, before the error is raised: it may have been paid for.
    """
    under_way: set[Future[Made]] = set()
    failed: BaseException | None = None
    with ThreadPoolExecutor(max_workers=most) as pool:
        for each in given:
            if failed is None:
                # Log lines of a worker carry the labels of its job.
                under_way.add(pool.submit(contextvars.copy_context().run, work, each))
            while len(under_way) >= most and failed is None:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    failed = failed or future.exception()
                    if future.exception() is None:
                        yield future.result()
            if failed is not None:
                break
        for future in under_way:
            failed = failed or future.exception()
            if future.exception() is None:
                yield future.result()
    if failed is not None:
        raise failed
