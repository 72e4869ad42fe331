"""The pinned recording and the checkpoints expire, counted from the episode's end, and nothing else ever does."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from support_jobs import START, Clock, ScriptedRunner, failure_of, source, success_of

from controller.local import KEPT_FOR, build_local
from controller.orchestrator import Orchestrator
from shared import workspace
from shared.config import load_local_settings
from shared.contract import FETCH, STEPS
from shared.models import JobState
from shared.storage import FolderStore

MOMENT = timedelta(seconds=1)


class DatesLittleByLittle(FolderStore):
    """Dates one object of a long list in each call."""

    left = 10

    def starts_to_expire(self, prefix: str, at: datetime, *, most: int = 500) -> bool:
        self.left -= 1
        return self.left <= 0 and super().starts_to_expire(prefix, at, most=most)


class World:
    def __init__(self, work: FolderStore) -> None:
        self.clock, self.work, self.runner = Clock(), work, ScriptedRunner(work)
        self.orchestrator = Orchestrator(
            work, self.runner, slots=1, now=self.clock, jitter=lambda: 0.5, reviewed=lambda: False
        )

    def pipeline(self) -> str:
        """A job that ran through all steps; returns its id."""
        job_id = self.orchestrator.receive(source())
        for step in STEPS:
            self.runner.end(step, job_id, 1, success_of(step, job_id))
            self.work.write(workspace.chunk_key(job_id, 0), b"{}")
            self.orchestrator.advance(job_id)
        return job_id

    def forgotten(self, before: datetime) -> set[str]:
        """The first words of the names of all that would be gone."""
        return {
            gone.split("/")[0]
            for prefix in workspace.EXPIRING
            for gone in self.work.remove_expired(prefix, before=before)
        }


@pytest.fixture
def world(tmp_path) -> World:
    return World(FolderStore(tmp_path / "work"))


def test_the_wait_begins_when_the_episode_ends(world) -> None:
    world.pipeline()
    assert world.forgotten(START) == set()
    assert world.forgotten(START + MOMENT) == {"audio", "chunks"}


def test_an_episode_under_way_never_expires(world) -> None:
    job_id = world.orchestrator.receive(source())
    world.runner.end(FETCH, job_id, 1, success_of(FETCH, job_id))
    world.orchestrator.advance(job_id)
    assert world.forgotten(START + timedelta(days=1000)) == set()


def test_the_record_and_the_results_stay(world) -> None:
    job_id = world.pipeline()
    world.forgotten(START + MOMENT)
    assert world.orchestrator.records.load(job_id)
    assert len(list(world.work.list(workspace.results_prefix(job_id)))) == len(STEPS)


def test_a_job_that_is_taken_up_again_has_its_files_for_the_whole_time_anew(world) -> None:
    job_id = world.orchestrator.receive(source())
    world.runner.end(FETCH, job_id, 1, success_of(FETCH, job_id))
    world.orchestrator.advance(job_id)
    world.runner.end(STEPS[1], job_id, 1, failure_of(job_id, retryable=False))
    world.orchestrator.advance(job_id)
    world.runner.end(STEPS[3], job_id, 1, success_of(STEPS[3], job_id))
    assert world.orchestrator.advance(job_id).state is JobState.FAILED
    world.clock.forward(10 * 24 * 3600)
    world.orchestrator.retry(job_id)
    assert world.forgotten(world.clock()) == set()


def test_a_job_whose_files_are_not_all_dated_comes_again(tmp_path) -> None:
    world = World(DatesLittleByLittle(tmp_path / "work"))
    job_id = world.pipeline()
    sweeps = 0
    while list(world.work.list(workspace.OPEN)):
        world.orchestrator.sweep()
        sweeps += 1
    assert sweeps > 1
    known = world.orchestrator.records.load(job_id)
    assert known is not None
    assert known[0].state is JobState.COMPLETED
    assert world.forgotten(START + MOMENT) == {"audio", "chunks"}


def test_a_laptop_forgets_old_copies_too(tmp_path) -> None:
    controller = build_local(load_local_settings({"PODCAST_DATA": str(tmp_path)}), serving=False)
    work = controller.settings.work
    for job_id in ("old", "new"):
        work.write(workspace.source_key(job_id, "mp3"), b"x")
    work.starts_to_expire("audio/old/", START - KEPT_FOR - MOMENT)
    work.starts_to_expire("audio/new/", START - KEPT_FOR + MOMENT)
    assert controller.forget_what_expired(START) == ["audio/old"]
    assert [each.name for each in work.list("audio/")] == ["audio/new/source.mp3"]
