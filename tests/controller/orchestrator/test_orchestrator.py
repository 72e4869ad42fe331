"""Events, signals and sweeps over a real store, with executions that end as the test says."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support_jobs import Clock, ScriptedRunner, failure_of, source, success_of

from controller.orchestrator import Orchestrator
from controller.orchestrator.slots import Slots
from controller.runner import ExecutionState
from jobs.arguments import parse_arguments
from shared import workspace
from shared.contract import (
    FETCH,
    NOTIFY,
    PROCESS,
    STEPS,
    UPLOAD,
    FetchArguments,
    NotifyArguments,
    ProcessArguments,
    Step,
    StepArguments,
    UploadArguments,
    step_named,
)
from shared.errors import ConflictError, NotFound, PermanentError, TransientError
from shared.models import JobState, StepState
from shared.storage import FolderStore


class World:
    """A store, a runner, a clock and the orchestrator over them."""

    def __init__(self, root, slots=1) -> None:
        self.clock = Clock()
        self.work = FolderStore(root / "work")
        self.runner = ScriptedRunner(self.work)
        self.orchestrator = Orchestrator(
            self.work, self.runner, slots=slots, now=self.clock, jitter=lambda: 0.5, reviewed=lambda: False
        )

    def job(self, job_id):
        known = self.orchestrator.records.load(job_id)
        assert known is not None
        return known[0]

    def names(self, prefix):
        return [info.name for info in self.work.list(prefix)]

    def succeed(self, step, job_id, attempt=1):
        self.runner.end(step, job_id, attempt, success_of(step, job_id))
        self.orchestrator.advance(job_id)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_an_event_makes_the_record_durable_and_requests_fetch(world) -> None:
    job_id = world.orchestrator.receive(source())
    assert world.runner.started == [(job_id, "fetch", 1)]
    assert world.job(job_id).state is JobState.FETCHING
    assert world.names("open/") == [f"open/{job_id}"]


def test_a_repeated_event_is_the_same_job_and_starts_nothing(world) -> None:
    first = world.orchestrator.receive(source())
    assert world.orchestrator.receive(source()) == first
    assert len(world.runner.started) == 1


def test_an_event_for_a_job_that_has_ended_does_not_open_it_again(world) -> None:
    job_id = world.orchestrator.receive(source())
    for step in STEPS:
        world.succeed(step, job_id)
    world.orchestrator.receive(source())
    assert world.job(job_id).state is JobState.COMPLETED
    assert world.names("open/") == []


def test_an_episode_goes_through_all_steps_and_leaves_marker_and_slot(world) -> None:
    job_id = world.orchestrator.receive(source())
    for step in STEPS:
        world.succeed(step, job_id)
    job = world.job(job_id)
    assert (job.state, job.outcome, job.notified, job.title) == (JobState.COMPLETED, "completed", True, "A title")
    assert world.names("open/") == []
    assert Slots(world.work, 1).holders() == set()


def told(runner: ScriptedRunner, step: Step, job_id: str) -> StepArguments:
    """What the first execution of the step read from its command line."""
    return parse_arguments(step, runner.arguments[job_id, step.name, 1])


def test_every_step_gets_arguments_that_its_command_line_takes(world) -> None:
    job_id = world.orchestrator.receive(source(name='it\'s "one" 🎙.mp3'))
    for step in STEPS:
        world.succeed(step, job_id)
    fetch, process, upload, notify = (told(world.runner, step, job_id) for step in STEPS)
    assert isinstance(fetch, FetchArguments)
    assert isinstance(process, ProcessArguments)
    assert isinstance(upload, UploadArguments)
    assert isinstance(notify, NotifyArguments)
    pinned = world.work.location(f"audio/{job_id}/source.mp3")
    assert fetch.output_path == process.audio_file == upload.audio_file == pinned
    assert upload.metadata_json == "@" + world.work.location(f"results/{job_id}/process.1.json")
    assert (notify.status, notify.output_url) == ("completed", "http://e")


def test_a_failure_is_told_with_step_and_reason(world) -> None:
    job_id = world.orchestrator.receive(source())
    world.runner.end(FETCH, job_id, 1, failure_of(job_id, retryable=False))
    world.orchestrator.advance(job_id)
    notify = told(world.runner, NOTIFY, job_id)
    assert isinstance(notify, NotifyArguments)
    assert (notify.status, notify.error) == ("failed", "fetch-job: it broke")


def test_upload_is_told_the_attempt_that_succeeded(world) -> None:
    job_id = world.orchestrator.receive(source())
    world.succeed(FETCH, job_id)
    world.runner.end(PROCESS, job_id, 1, failure_of(job_id, retryable=True))
    world.orchestrator.sweep()
    world.clock.forward(10)
    world.orchestrator.sweep()
    world.succeed(PROCESS, job_id, attempt=2)
    upload = told(world.runner, UPLOAD, job_id)
    assert isinstance(upload, UploadArguments)
    assert upload.metadata_json.endswith("process.2.json")


def test_a_signal_that_was_lost_is_made_good_by_the_sweep(world) -> None:
    job_id = world.orchestrator.receive(source())
    world.runner.end(FETCH, job_id, 1, success_of(FETCH, job_id))
    world.orchestrator.sweep()
    assert world.job(job_id).state is JobState.PROCESSING


def test_a_start_that_fails_leaves_the_job_to_the_sweep(world) -> None:
    class Refuses(ScriptedRunner):
        def start(self, step, job_id, attempt, arguments):
            raise TransientError("no memory")

    orchestrator = Orchestrator(
        world.work, Refuses(world.work), slots=1, now=world.clock, jitter=lambda: 0.5, reviewed=lambda: False
    )
    job_id = orchestrator.receive(source())
    assert world.job(job_id).state is JobState.FETCHING
    world.clock.forward(31)
    world.orchestrator.sweep()
    assert world.runner.started == [(job_id, "fetch", 1)]


def test_a_step_that_can_never_be_started_fails_after_its_attempts_and_people_are_told(world) -> None:
    class NotDeployed(ScriptedRunner):
        def start(self, step, job_id, attempt, arguments):
            if step is PROCESS:
                raise PermanentError("process-job does not exist", advice="deploy it")
            super().start(step, job_id, attempt, arguments)

    runner = NotDeployed(world.work)
    orchestrator = Orchestrator(
        world.work, runner, slots=1, now=world.clock, jitter=lambda: 0.5, reviewed=lambda: False
    )
    job_id = orchestrator.receive(source())
    runner.end(FETCH, job_id, 1, success_of(FETCH, job_id))
    for _ in range(PROCESS.resources.attempts):
        orchestrator.sweep()
        world.clock.forward(400)
    notify = told(runner, NOTIFY, job_id)
    assert isinstance(notify, NotifyArguments)
    assert (notify.status, notify.error) == ("failed", "process-job: process-job does not exist")
    assert world.job(job_id).error.advice == "deploy it"
    assert world.job(job_id).step("process").failed_attempts == PROCESS.resources.attempts


def test_what_is_wrong_with_a_result_is_told_without_its_words(world) -> None:
    job_id = world.orchestrator.receive(source())
    broken = b'{"status": "completed", "job_id": 7, "local_file": "the private words of a guest"}'
    world.work.write(workspace.result_key(job_id, "fetch", 1), broken)
    with pytest.raises(TransientError, match="file_size: Field required") as caught:
        world.orchestrator.advance(job_id)
    assert "private words" not in caught.value.message


def test_a_record_that_cannot_be_stored_raises_so_that_the_event_comes_again(world, tmp_path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "records").write_text("a file where a folder should be")
    with pytest.raises(PermanentError, match="records"):
        world.orchestrator.receive(source())
    assert world.runner.started == []


def test_no_more_episodes_are_under_way_than_there_are_slots(world) -> None:
    first = world.orchestrator.receive(source("one.mp3"))
    world.clock.forward(1)
    second = world.orchestrator.receive(source("two.mp3"))
    assert world.job(second).state is JobState.RECEIVED
    for step in STEPS:
        world.succeed(step, first)
    world.orchestrator.sweep()
    assert world.job(second).state is JobState.FETCHING


def test_waiting_episodes_are_taken_in_the_order_in_which_they_came(world) -> None:
    first = world.orchestrator.receive(source("a.mp3"))
    waiting = []
    for name in ["z.mp3", "m.mp3", "b.mp3"]:
        world.clock.forward(1)
        waiting.append(world.orchestrator.receive(source(name)))
    order = []
    for job_id in [first, *waiting]:
        world.orchestrator.sweep()
        order.append(next(j for j in [first, *waiting] if world.job(j).state is JobState.FETCHING))
        for step in STEPS:
            world.succeed(step, job_id)
    assert order == [first, *waiting]


def test_a_slot_whose_job_has_ended_is_given_back_by_the_sweep(world) -> None:
    world.work.write(workspace.slot_key(0), b"a job that is gone")
    job_id = world.orchestrator.receive(source())
    assert world.job(job_id).state is JobState.RECEIVED
    world.orchestrator.sweep()
    assert world.job(job_id).state is JobState.FETCHING


def test_a_failed_episode_leaves_the_next_one_unharmed(world) -> None:
    first = world.orchestrator.receive(source("one.mp3"))
    second = world.orchestrator.receive(source("two.mp3"))
    world.runner.end(FETCH, first, 1, failure_of(first, retryable=False))
    world.orchestrator.sweep()
    world.succeed(NOTIFY, first)
    world.orchestrator.sweep()
    for step in STEPS:
        world.succeed(step, second)
    assert [world.job(job).state for job in (first, second)] == [JobState.FAILED, JobState.COMPLETED]


def test_a_retry_by_hand_runs_only_what_had_not_succeeded(world) -> None:
    job_id = world.orchestrator.receive(source())
    world.succeed(FETCH, job_id)
    world.runner.end(PROCESS, job_id, 1, failure_of(job_id, retryable=False))
    world.orchestrator.advance(job_id)
    world.succeed(NOTIFY, job_id)
    assert world.job(job_id).state is JobState.FAILED

    world.orchestrator.retry(job_id)
    assert world.runner.started[-1] == (job_id, "process", 2)
    world.succeed(PROCESS, job_id, attempt=2)
    world.succeed(UPLOAD, job_id)
    world.succeed(NOTIFY, job_id, attempt=2)
    assert world.job(job_id).state is JobState.COMPLETED
    assert [key[1] for key in world.runner.started].count("fetch") == 1


def test_retrying_what_is_not_there_or_did_not_fail_is_refused(world) -> None:
    with pytest.raises(NotFound, match="no job nothing"):
        world.orchestrator.retry("nothing")
    job_id = world.orchestrator.receive(source())
    with pytest.raises(ConflictError, match="cannot be retried"):
        world.orchestrator.retry(job_id)


def test_a_result_that_cannot_be_read_stops_only_its_own_job(world) -> None:
    job_id = world.orchestrator.receive(source("one.mp3"))
    world.work.write(workspace.result_key(job_id, "fetch", 1), b"{}")
    with pytest.raises(TransientError, match="is not a result of fetch-job"):
        world.orchestrator.advance(job_id)
    world.orchestrator.sweep()


def test_many_sweeps_and_signals_at_once_start_every_step_once(tmp_path) -> None:
    world = World(tmp_path, slots=4)
    jobs = [world.orchestrator.receive(source(f"{number}.mp3")) for number in range(4)]
    for step in STEPS:
        for job_id in jobs:
            world.runner.end(step, job_id, 1, success_of(step, job_id))
        threads = [threading.Thread(target=world.orchestrator.sweep) for _ in range(3)]
        threads += [threading.Thread(target=world.orchestrator.advance, args=(job_id,)) for job_id in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {world.job(job_id).state for job_id in jobs} == {JobState.COMPLETED}
    assert len(world.runner.started) == len(set(world.runner.started)) == 16


happenings = st.lists(
    st.tuples(
        st.sampled_from(["succeed", "break", "refuse", "vanish", "forget", "wait", "event", "sweep"]),
        st.integers(0, 1),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(happenings)
def test_whatever_happens_every_episode_comes_to_an_end_and_no_attempt_starts_twice(tmp_path_factory, events) -> None:
    world = World(tmp_path_factory.mktemp("world"))
    names = ["one.mp3", "two.mp3"]
    jobs = [world.orchestrator.receive(source(name)) for name in names]
    for what, which in events:
        job = world.job(jobs[which])
        step = next((step for step in STEPS if step.state is job.state), None)
        attempt = job.step(step.name).attempt if step else 0
        if what == "event":
            world.orchestrator.receive(source(names[which]))
        elif what == "wait":
            world.clock.forward(120)
        elif step is not None and what == "succeed":
            world.runner.end(step, job.job_id, attempt, success_of(step, job.job_id))
        elif step is not None and what in {"break", "refuse"}:
            world.runner.end(step, job.job_id, attempt, failure_of(job.job_id, retryable=what == "break"))
        elif step is not None and what == "vanish":
            world.runner.end(step, job.job_id, attempt, None)
        elif step is not None and what == "forget":
            world.runner.states.pop((job.job_id, step.name, attempt), None)
        world.orchestrator.sweep()
        assert all(job.step(step.name).failed_attempts <= step.resources.attempts for step in STEPS)

    for _ in range(200):
        world.clock.forward(400)
        world.orchestrator.sweep()
        for job_id, name, attempt in list(world.runner.states):
            if world.runner.states[job_id, name, attempt] is ExecutionState.RUNNING:
                step = step_named(name)
                world.runner.end(step, job_id, attempt, success_of(step, job_id))
    for job_id in jobs:
        job = world.job(job_id)
        assert job.ended
        assert job.state is JobState.COMPLETED or job.error is not None
        for step in STEPS:
            if job.step(step.name).state is StepState.SUCCEEDED:
                assert any(world.names(f"results/{job_id}/{step.name}."))
    assert world.names("open/") == []
    assert Slots(world.work, 1).holders() == set()
