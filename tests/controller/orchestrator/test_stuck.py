"""An episode is stuck when the pipeline should have moved it long ago, and never before."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from support_jobs import START, Clock, ScriptedRunner, failure_of, new_job, source, success_of

from controller.orchestrator import Orchestrator
from controller.orchestrator.stuck import MARGIN, stuck
from controller.runner import ExecutionState
from shared.contract import FETCH, PROCESS
from shared.errors import TransientError
from shared.log_events import STUCK
from shared.logger import configure_logging
from shared.models import JobState, PodcastProcessingJob, StepState
from shared.storage import FolderStore

LIMITS = {"fetch": 600.0, "process": 7200.0}
MINUTE = timedelta(minutes=1)


def at(state: JobState, name: str = "one.mp3", **changes) -> PodcastProcessingJob:
    return new_job(name).but(state=state, **changes)


def fetching(name: str = "one.mp3", **progress) -> PodcastProcessingJob:
    return at(JobState.FETCHING, name).with_step("fetch", **{"started_at": START, **progress})


def is_stuck(job: PodcastProcessingJob, after: timedelta, *others: PodcastProcessingJob) -> bool:
    return job in stuck([job, *others], START + after, LIMITS)


def test_a_step_has_the_time_of_its_attempt_and_a_margin() -> None:
    limit = timedelta(seconds=LIMITS["fetch"]) + MARGIN
    assert not is_stuck(fetching(), limit)
    assert is_stuck(fetching(), limit + MINUTE)


def test_every_attempt_that_failed_gives_it_the_time_of_another() -> None:
    limit = 3 * timedelta(seconds=LIMITS["fetch"]) + MARGIN
    assert not is_stuck(fetching(failed_attempts=2), limit)
    assert is_stuck(fetching(failed_attempts=2), limit + MINUTE)


def test_a_start_that_is_asked_for_again_and_again_is_no_move() -> None:
    asking = fetching(state=StepState.REQUESTED, requested_at=START + timedelta(hours=5))
    assert is_stuck(asking.but(updated_at=START + timedelta(hours=5)), timedelta(hours=5))


def test_a_wait_that_somebody_asked_for_is_waited() -> None:
    later = START + timedelta(hours=6)
    waiting = fetching(state=StepState.RETRYING, failed_attempts=1, not_before=later)
    assert not is_stuck(waiting, timedelta(hours=6) + MARGIN)
    assert is_stuck(waiting, timedelta(hours=6) + MARGIN + MINUTE)


def test_a_step_counts_from_when_the_one_before_it_ended() -> None:
    told = at(JobState.NOTIFYING).with_step("notify", started_at=START)
    told = told.with_step("upload", finished_at=START + timedelta(days=2))
    assert not is_stuck(told, timedelta(days=2) + MARGIN)
    assert is_stuck(told, timedelta(days=2, minutes=10) + MARGIN + MINUTE)


def test_an_episode_that_was_taken_up_again_counts_from_then() -> None:
    again = fetching().but(reopened_at=START + timedelta(days=9))
    assert not is_stuck(again, timedelta(days=9) + MARGIN)


def test_the_contracts_time_counts_where_the_stack_names_none() -> None:
    uploading = at(JobState.UPLOADING).with_step("upload", started_at=START)
    assert not is_stuck(uploading, timedelta(hours=1) + MARGIN)
    assert is_stuck(uploading, timedelta(hours=1) + MARGIN + MINUTE)


@pytest.mark.parametrize("state", [JobState.AWAITING_REVIEW, JobState.SCHEDULED])
def test_what_waits_for_a_person_or_a_date_is_never_stuck(state: JobState) -> None:
    assert not is_stuck(at(state), timedelta(days=365))


def test_a_long_queue_behind_episodes_that_go_on_is_no_trouble() -> None:
    assert not is_stuck(
        at(JobState.RECEIVED), timedelta(hours=9), fetching("two.mp3", started_at=START + 9 * 60 * MINUTE)
    )


def test_a_queue_behind_nothing_or_behind_what_is_stuck_itself_is_stuck() -> None:
    waiting = at(JobState.RECEIVED)
    assert not is_stuck(waiting, MARGIN)
    assert is_stuck(waiting, MARGIN + MINUTE)
    assert is_stuck(waiting, timedelta(hours=9), fetching("two.mp3"))


class OutOfOrder(ScriptedRunner):
    """Cannot be reached, as Cloud Run now and then."""

    def state(self, step, job_id, attempt) -> ExecutionState:
        raise TransientError("Cloud Run does not answer")


@pytest.mark.parametrize("runner", [ScriptedRunner, OutOfOrder])
def test_every_sweep_says_which_episode_is_stuck_and_none_that_it_could_move(tmp_path, runner) -> None:
    clock, work = Clock(), FolderStore(tmp_path / "work")
    scripted = runner(work)
    orchestrator = Orchestrator(
        work, scripted, slots=9, now=clock, jitter=lambda: 0.5, reviewed=lambda: False, time_limits={"process": 1e6}
    )
    one = orchestrator.receive(source("one.mp3"))
    lines = io.StringIO()
    configure_logging(stream=lines)
    clock.forward(3 * 3600)
    if runner is ScriptedRunner:
        scripted.end(FETCH, one, 1, success_of(FETCH, one))
    orchestrator.sweep()
    clock.forward(60)
    orchestrator.sweep()
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    found = [line["job_id"] for line in said if line["message"] == STUCK]
    assert found == ([one, one] if runner is OutOfOrder else [])
    assert all(line["state"] == "fetching" for line in said if line["message"] == STUCK)


def test_a_failed_episode_is_no_stuck_one(tmp_path) -> None:
    clock, work = Clock(), FolderStore(tmp_path / "work")
    runner = ScriptedRunner(work)
    orchestrator = Orchestrator(work, runner, slots=9, now=clock, jitter=lambda: 0.5, reviewed=lambda: False)
    one = orchestrator.receive(source("one.mp3"))
    lines = io.StringIO()
    configure_logging(stream=lines)
    runner.end(FETCH, one, 1, failure_of(one, retryable=False))
    orchestrator.sweep()
    clock.forward(24 * 3600)
    orchestrator.sweep()
    assert STUCK not in [json.loads(line)["message"] for line in lines.getvalue().splitlines()]
    assert PROCESS.name not in {step for _, step, _ in runner.started}
