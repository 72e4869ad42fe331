"""One damaged object is one episode's trouble; and a slot is given back once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pytest
from structlog.testing import capture_logs

from controller.orchestrator import Orchestrator
from controller.orchestrator.slots import Slots
from controller.runner import ExecutionState
from shared import workspace
from shared.contract import Step
from shared.documents import read_document
from shared.errors import Damaged, TransientError
from shared.identity import episode_id_of
from shared.log_events import STUCK
from shared.models import CatalogueEntry, JobState, PodcastProcessingJob, Source
from shared.storage import FolderStore, ObjectInfo

NOON = datetime.fromisoformat("2026-11-02T12:00:00+00:00")


class Idle:
    """A runner whose executions never come to an end."""

    def start(self, step: Step, job_id: str, attempt: int, arguments: object) -> None:
        return

    def state(self, step: Step, job_id: str, attempt: int) -> ExecutionState:
        return ExecutionState.RUNNING

    def cancel(self, step: Step, job_id: str, attempt: int) -> None:
        return


class OutOfReach(FolderStore):
    """A folder one of whose objects cannot be read just now."""

    unreachable = ""

    def read(self, name: str) -> tuple[bytes, ObjectInfo]:
        if name == self.unreachable:
            raise TransientError("the store does not answer")
        return super().read(name)


@pytest.fixture
def work(tmp_path: Path) -> OutOfReach:
    return OutOfReach(tmp_path / "work")


def orchestrator(work: FolderStore, slots: int = 2) -> Orchestrator:
    return Orchestrator(work, Idle(), slots=slots, now=lambda: NOON, jitter=lambda: 0.0, reviewed=lambda: False)


def source(name: str) -> Source:
    return Source(bucket="input", object_name=name, generation=1)


def test_the_sweep_moves_all_others_when_one_record_is_damaged(work: OutOfReach) -> None:
    parts = orchestrator(work)
    first, second = parts.receive(source("first.mp3")), parts.receive(source("second.mp3"))
    work.write(workspace.record_key(first), b'{"job_id": "half a rec')
    with capture_logs() as logs:
        assert parts.sweep() == 1
    assert _state(parts, second) is JobState.FETCHING
    (told,) = [line for line in logs if line["event"] == STUCK]
    assert told["job_id"] == first
    assert "is damaged" in told["error"]
    assert "Put a copy of it back" in told["advice"]


def test_the_sweep_moves_all_others_when_one_record_cannot_be_read_just_now(work: OutOfReach) -> None:
    parts = orchestrator(work)
    first, second = parts.receive(source("first.mp3")), parts.receive(source("second.mp3"))
    work.unreachable = workspace.record_key(first)
    assert parts.sweep() == 1
    assert _state(parts, second) is JobState.FETCHING


def test_the_sweep_moves_all_others_when_what_is_published_is_damaged(work: OutOfReach) -> None:
    work.write(workspace.catalogue_key(episode_id_of("input", "first.mp3")), b"[]")
    parts = orchestrator(work)
    first, second = parts.receive(source("first.mp3")), parts.receive(source("second.mp3"))
    parts.sweep()
    assert [_state(parts, job) for job in (first, second)] == [JobState.RECEIVED, JobState.FETCHING]


def test_a_job_whose_record_cannot_be_read_keeps_its_slot(work: OutOfReach) -> None:
    parts = orchestrator(work, slots=1)
    first = parts.receive(source("first.mp3"))
    work.write(workspace.record_key(first), b"")
    parts.sweep()
    assert Slots(work, 1).holders() == {first}


def test_a_list_of_jobs_leaves_a_damaged_record_out_and_says_so(work: OutOfReach) -> None:
    parts = orchestrator(work)
    first, second = parts.receive(source("first.mp3")), parts.receive(source("second.mp3"))
    work.write(workspace.record_key(first), b"{}")
    with capture_logs() as logs:
        assert [job.job_id for job in parts.records.newest_first()] == [second]
    assert [line["event"] for line in logs] == ["record cannot be read"]


def test_what_a_damaged_object_holds_is_not_repeated(work: OutOfReach) -> None:
    work.write("records/x.json", b'{"job_id": ["what was said in confidence"]}')
    with pytest.raises(Damaged) as damaged:
        read_document(work, "records/x.json", PodcastProcessingJob)
    assert "confidence" not in f"{damaged.value.message} {damaged.value.advice}"


def test_a_damaged_entry_of_the_catalogue_names_its_file(work: OutOfReach) -> None:
    work.write("catalogue/x.json", b"nothing")
    with pytest.raises(Damaged, match=r"catalogue/x\.json is damaged"):
        read_document(work, "catalogue/x.json", CatalogueEntry)


class Interrupted(FolderStore):
    """A folder where something else happens between the look at a slot and the write to it."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.meanwhile: Iterator[object] = iter(())

    def write(
        self, name: str, content: bytes | BinaryIO, *, expect: str | None = None, content_type: str | None = None
    ) -> ObjectInfo:
        next(self.meanwhile, None)
        return super().write(name, content, expect=expect, content_type=content_type)


def test_a_sweep_never_frees_the_place_of_a_job_that_took_it_meanwhile(tmp_path: Path) -> None:
    mine, theirs = Interrupted(tmp_path), FolderStore(tmp_path)
    Slots(theirs, 1).take("ended")

    def another_sweep_is_faster() -> Iterator[object]:
        Slots(theirs, 1).free("ended")
        yield Slots(theirs, 1).take("new")

    mine.meanwhile = another_sweep_is_faster()
    Slots(mine, 1).free("ended")
    assert Slots(theirs, 1).holders() == {"new"}


def test_only_one_of_two_jobs_gets_a_place_that_was_given_back(tmp_path: Path) -> None:
    mine, theirs = Interrupted(tmp_path), FolderStore(tmp_path)
    Slots(theirs, 1).take("ended")
    Slots(theirs, 1).free("ended")
    mine.meanwhile = (Slots(theirs, 1).take(job) for job in ("faster",))
    assert not Slots(mine, 1).take("slower")
    assert Slots(theirs, 1).holders() == {"faster"}


def _state(parts: Orchestrator, job_id: str) -> JobState:
    known = parts.records.load(job_id)
    assert known
    return known[0].state
