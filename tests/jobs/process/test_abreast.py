from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

import pytest
import structlog

from jobs.process.abreast import abreast


def test_everything_is_done_once_whatever_the_number_of_workers() -> None:
    for most in (1, 3, 50):
        assert sorted(abreast(lambda number: number * 2, range(10), most)) == [each * 2 for each in range(10)]


def test_as_many_as_allowed_are_under_way_together_and_no_more() -> None:
    together, lock, under_way, seen = threading.Barrier(3, timeout=20), threading.Lock(), 0, []

    def work(number: int) -> int:
        nonlocal under_way
        with lock:
            under_way += 1
            seen.append(under_way)
        # Nobody gets past this before three are here.
        together.wait()
        with lock:
            under_way -= 1
        return number

    assert sorted(abreast(work, range(6), 3)) == list(range(6))
    assert max(seen) == 3


def test_no_more_are_taken_than_can_be_under_way() -> None:
    taken: list[int] = []

    def given() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    made = abreast(lambda number: number, given(), 2)
    assert isinstance(made, Generator)
    next(made)
    assert len(taken) == 2
    made.close()


def test_after_an_error_nothing_new_is_begun_and_what_was_begun_is_finished() -> None:
    begun, finished, failed = [], [], threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        if number == 0:
            failed.set()
            raise ZeroDivisionError
        assert failed.wait(20)
        finished.append(number)
        return number

    with pytest.raises(ZeroDivisionError):
        list(abreast(work, range(100), 3))
    assert sorted(begun) == [0, *sorted(finished)]
    assert 1 <= len(finished) < 10


def test_log_lines_of_a_worker_carry_the_labels_of_the_job() -> None:
    with structlog.contextvars.bound_contextvars(job_id="j"):
        labels = list(abreast(lambda _: structlog.contextvars.get_contextvars(), [1, 2], 2))
    assert labels == [{"job_id": "j"}] * 2
