"""Two recordings of one episode: the newer one waits in the older one's stead, or has replaced it in public."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support_jobs import Clock, ScriptedRunner, new_job, source, success_of
from support_memory import MemoryStore
from support_upload import an_entry

from controller.orchestrator import Orchestrator
from controller.orchestrator.orders import resume
from controller.orchestrator.replaced import newer_draft, outdated_drafts
from controller.review import Review
from shared import workspace
from shared.contract import FETCH, NOTIFY, PROCESS, UPLOAD, Step
from shared.errors import ConflictError, TransientError
from shared.models import JobState, PodcastProcessingJob


class CrowdedStore(MemoryStore):
    """Somebody else is faster: so many writes of this one key are lost."""

    key = ""
    losses = 0

    def write(self, name, content, **options):
        if name == self.key and self.losses:
            self.losses -= 1
            raise ConflictError(f"{name} was changed")
        return super().write(name, content, **options)


class World:
    """A show that may ask people first, and one episode of which several recordings arrive."""

    def __init__(self, *, asks: bool) -> None:
        self.clock = Clock()
        self.work = CrowdedStore()
        self.runner = ScriptedRunner(self.work)
        self.orchestrator = Orchestrator(
            self.work, self.runner, slots=2, now=self.clock, jitter=lambda: 0.5, reviewed=lambda: asks
        )
        self.review = Review(self.work, self.orchestrator)

    def job(self, job_id: str) -> PodcastProcessingJob:
        known = self.orchestrator.records.load(job_id)
        assert known is not None
        return known[0]

    def end(self, step: Step, job_id: str) -> None:
        self.runner.end(step, job_id, self.job(job_id).step(step.name).attempt, success_of(step, job_id))
        self.orchestrator.advance(job_id)

    def draft(self, generation: int, name: str = "one.mp3") -> str:
        """A recording that was listened to and waits."""
        job_id = self.orchestrator.receive(source(name, generation))
        for step in (FETCH, PROCESS, NOTIFY):
            self.end(step, job_id)
        assert self.job(job_id).state is JobState.AWAITING_REVIEW
        return job_id

    def enter(self, job_id: str, *earlier: str) -> None:
        """What upload-job leaves in the catalogue."""
        job = self.job(job_id)
        entry = an_entry(
            job_id=job_id, episode_id=job.episode_id, generation=job.source.generation, earlier_jobs=list(earlier)
        )
        self.work.write(workspace.catalogue_key(job.episode_id), entry.model_dump_json().encode())

    def upload(self, job_id: str, *earlier: str) -> None:
        self.enter(job_id, *earlier)
        self.end(UPLOAD, job_id)

    def published(self, generation: int, *earlier: str) -> str:
        job_id = self.orchestrator.receive(source(generation=generation))
        for step in (FETCH, PROCESS):
            self.end(step, job_id)
        self.upload(job_id, *earlier)
        self.end(NOTIFY, job_id)
        assert self.job(job_id).state is JobState.COMPLETED
        return job_id

    def open(self) -> list[str]:
        return [info.name for info in self.work.list(workspace.OPEN)]


@pytest.fixture
def world() -> World:
    return World(asks=True)


@pytest.fixture
def hasty() -> World:
    """Nobody is asked there."""
    return World(asks=False)


def test_a_draft_gives_way_to_a_newer_one_of_its_episode_that_waits(world) -> None:
    older, newer = world.draft(1), world.draft(2)
    told = len([start for start in world.runner.started if start[1] == "notify"])
    world.orchestrator.sweep()
    assert (world.job(older).state, world.job(older).replaced_by) == (JobState.SUPERSEDED, newer)
    assert world.job(newer).state is JobState.AWAITING_REVIEW
    assert world.open() == [workspace.open_key(newer)]
    assert len([start for start in world.runner.started if start[1] == "notify"]) == told, "it is no news"


def test_an_outdated_draft_whose_hour_has_come_does_not_go_public(world) -> None:
    older = world.draft(1)
    world.review.publish(older, world.clock() + timedelta(hours=1), None)
    world.draft(2)
    world.clock.forward(7200)
    world.orchestrator.sweep()
    job = world.job(older)
    assert (job.state, job.approved, job.release_at) == (JobState.SUPERSEDED, False, None)
    assert (older, "upload", 1) not in world.runner.started


def test_a_draft_gives_way_to_a_newer_one_that_waits_for_its_hour(world) -> None:
    older, newer = world.draft(1), world.draft(2)
    world.review.publish(newer, world.clock() + timedelta(hours=1), None)
    world.orchestrator.sweep()
    assert (world.job(older).state, world.job(newer).state) == (JobState.SUPERSEDED, JobState.SCHEDULED)


@pytest.mark.parametrize("hours", [None, 1])
def test_an_outdated_draft_is_not_published_even_before_the_sweep_and_the_refusal_names_the_newer(world, hours) -> None:
    older, newer = world.draft(1), world.draft(2)
    with pytest.raises(ConflictError, match="waits for review") as refused:
        world.review.publish(older, None if hours is None else world.clock() + timedelta(hours=hours), None)
    assert newer in (refused.value.advice or "")
    assert world.job(older).state is JobState.AWAITING_REVIEW
    world.review.publish(newer, None, None)
    assert world.job(newer).state is JobState.UPLOADING


def test_drafts_of_different_episodes_leave_each_other_alone(world) -> None:
    one, two = world.draft(1), world.draft(2, "two.mp3")
    world.orchestrator.sweep()
    assert {world.job(each).state for each in (one, two)} == {JobState.AWAITING_REVIEW}


def test_a_draft_does_not_give_way_to_one_that_is_still_listened_to(world) -> None:
    older = world.draft(1)
    world.orchestrator.receive(source(generation=2))
    world.orchestrator.sweep()
    assert world.job(older).state is JobState.AWAITING_REVIEW


def test_what_is_public_may_be_corrected_while_a_newer_draft_waits(world) -> None:
    older = world.draft(1)
    world.review.publish(older, None, None)
    world.upload(older)
    world.end(NOTIFY, older)
    world.draft(2)
    world.review.publish(older, None, None)
    assert world.job(older).state is JobState.UPLOADING


def test_what_listeners_hear_can_still_be_taken_down_while_a_newer_draft_waits() -> None:
    waits = JobState.AWAITING_REVIEW
    public = new_job().but(state=waits, announced=True)
    newer = new_job(generation=2).but(state=waits)
    assert outdated_drafts([public, newer]) == []
    assert outdated_drafts([public.but(withdrawn=True), newer]) == [(public.but(withdrawn=True), newer)]


def test_the_newest_of_several_drafts_stays() -> None:
    first, second, third = (new_job(generation=number).but(state=JobState.AWAITING_REVIEW) for number in (1, 2, 3))
    assert outdated_drafts([second, third, first]) == [(second, third), (first, third)]
    assert newer_draft(third, [first, second, third]) is None


def test_the_record_of_a_recording_that_was_replaced_in_public_says_by_which(hasty) -> None:
    first = hasty.published(1)
    assert hasty.job(first).replaced_by is None
    second = hasty.published(2, first)
    third = hasty.published(3, first, second)
    assert [hasty.job(each).replaced_by for each in (first, second, third)] == [third, third, None]
    assert hasty.job(first).state is JobState.COMPLETED


def test_a_lost_race_for_an_older_record_is_tried_again(hasty) -> None:
    first = hasty.published(1)
    hasty.work.key, hasty.work.losses = workspace.record_key(first), 3
    second = hasty.published(2, first)
    assert hasty.job(first).replaced_by == second


def test_the_sweep_tells_an_older_record_that_kept_changing(hasty) -> None:
    first = hasty.published(1)
    newer = hasty.orchestrator.receive(source(generation=2))
    for step in (FETCH, PROCESS):
        hasty.end(step, newer)
    hasty.upload(newer, first)
    hasty.work.key, hasty.work.losses = workspace.record_key(first), 10**6
    with pytest.raises(TransientError):
        hasty.end(NOTIFY, newer)
    assert hasty.open() == [workspace.open_key(newer)], "its books stay open until that is told"
    hasty.work.losses = 0
    hasty.orchestrator.sweep()
    assert hasty.job(first).replaced_by == newer
    assert hasty.open() == []


def test_a_damaged_older_record_keeps_no_newer_job_open(hasty) -> None:
    first = hasty.published(1)
    hasty.work.write(workspace.record_key(first), b"{")
    hasty.published(2, first)
    assert hasty.open() == []


def test_a_job_that_is_taken_up_again_stays_replaced() -> None:
    job = new_job().but(state=JobState.FAILED, failed_step="upload", replaced_by="another")
    assert resume(job, job.created_at).replaced_by == "another"
