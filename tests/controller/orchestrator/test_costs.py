"""What an episode cost is what all its attempts have paid, and nothing is counted twice."""

from __future__ import annotations

import pytest
from support_jobs import Clock, ScriptedRunner, failure_of, source, success_of

from controller.orchestrator import Orchestrator
from shared.contract import FETCH, NOTIFY, PROCESS, FailedResult, ProcessResult, StepResult
from shared.models import Cost, JobState, PodcastProcessingJob
from shared.storage import FolderStore


def dollars(*usd: float) -> list[Cost]:
    return [Cost(model="a-model", usd=each) for each in usd]


class World:
    """A job whose recording is fetched already, at the second attempt."""

    def __init__(self, root) -> None:
        self.clock, work = Clock(), FolderStore(root)
        self.runner = ScriptedRunner(work)
        self.orchestrator = Orchestrator(
            work, self.runner, slots=1, now=self.clock, jitter=lambda: 0.5, reviewed=lambda: False
        )
        self.job_id = self.orchestrator.receive(source())
        self.runner.end(FETCH, self.job_id, 1, failure_of(self.job_id, retryable=True))
        self.orchestrator.advance(self.job_id)
        self.clock.forward(600)
        self.orchestrator.advance(self.job_id)
        self.runner.end(FETCH, self.job_id, 2, success_of(FETCH, self.job_id))
        self.orchestrator.advance(self.job_id)

    def ends(self, attempt: int, result: StepResult | FailedResult) -> PodcastProcessingJob:
        """This attempt of process-job ends so, and the next one is started if there is one."""
        self.runner.end(PROCESS, self.job_id, attempt, result)
        self.orchestrator.advance(self.job_id)
        self.clock.forward(600)
        job = self.orchestrator.advance(self.job_id)
        assert job is not None
        return job

    def fails(self, attempt: int, *paid: float, retryable: bool = True) -> PodcastProcessingJob:
        failed = failure_of(self.job_id, retryable=retryable).model_copy(update={"costs": dollars(*paid)})
        return self.ends(attempt, failed)

    def succeeds(self, attempt: int, paid: list[Cost] | None, words: list[Cost]) -> PodcastProcessingJob:
        result = success_of(PROCESS, self.job_id)
        assert isinstance(result, ProcessResult)
        metadata = result.metadata.model_copy(update={"costs": words})
        return self.ends(attempt, result.model_copy(update={"metadata": metadata, "costs": paid}))


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


def test_what_failed_attempts_paid_is_part_of_what_the_episode_cost(world) -> None:
    assert world.fails(1, 0.5, 0.25).cost_usd == 0.75
    assert world.fails(2, 0.125).cost_usd == 0.875
    # The words cost 1.0 in all; of that this attempt paid 0.5 and found the rest in checkpoints.
    assert world.succeeds(3, dollars(0.5), dollars(0.5, 0.5)).cost_usd == 1.375


def test_what_was_paid_for_an_episode_that_failed_in_the_end_is_known_too(world) -> None:
    job = world.fails(1, 0.5, retryable=False)
    assert (job.outcome, job.cost_usd) == ("failed", 0.5)


def test_an_attempt_that_does_not_say_what_it_paid_cost_what_its_words_cost(world) -> None:
    assert world.succeeds(1, None, dollars(0.5, 0.25)).cost_usd == 0.75


def test_before_anything_was_heard_nothing_is_known_of_costs(world) -> None:
    job = world.orchestrator.advance(world.job_id)
    assert (job.state, job.cost_usd) == (JobState.PROCESSING, None)


def test_what_is_paid_after_a_retry_by_hand_comes_on_top(world) -> None:
    world.fails(1, 0.5, retryable=False)
    world.runner.end(NOTIFY, world.job_id, 1, success_of(NOTIFY, world.job_id))
    world.orchestrator.advance(world.job_id)
    world.orchestrator.retry(world.job_id)
    assert world.succeeds(2, dollars(0.25), dollars(0.75)).cost_usd == 0.75
