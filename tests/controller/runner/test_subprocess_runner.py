"""Steps as real processes: what is particular to them. What every runner promises stands in test_runners.py."""

from __future__ import annotations

import os
from dataclasses import replace

import psutil
import pytest
from support_runners import TESTS, WAITS

from controller.runner import ExecutionState
from controller.runner.subprocess import Execution, SubprocessRunner, execution_key
from shared.contract import Step
from shared.errors import TransientError
from shared.storage import FolderStore


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.fixture
def work(tmp_path):
    return FolderStore(tmp_path / "work")


@pytest.fixture
def runner(work):
    runner = SubprocessRunner(work, {**os.environ, "PYTHONPATH": str(TESTS)})
    yield runner
    runner.stop()


def wait_for_end(runner: SubprocessRunner, step: Step) -> None:
    for child in runner._children.values():
        child.wait(timeout=30)
    assert runner.state(step, "job", 1) is ExecutionState.ENDED


def test_stopping_the_runner_leaves_no_process(runner, pipe, work) -> None:
    runner.start(WAITS, "job", 1, [f"--at={pipe}"])
    pid = Execution.model_validate_json(work.read(execution_key("job", "waits", 1))[0]).pid
    runner.stop()
    assert not psutil.pid_exists(pid)


def test_a_later_controller_finds_the_step_that_an_earlier_one_started(runner, pipe, work) -> None:
    runner.start(WAITS, "job", 1, [f"--at={pipe}"])
    later = SubprocessRunner(work, os.environ)
    assert later.state(WAITS, "job", 1) is ExecutionState.RUNNING
    later.cancel(WAITS, "job", 1)
    assert later.state(WAITS, "job", 1) is ExecutionState.ENDED


def test_another_process_with_the_number_of_an_old_step_is_not_taken_for_it(runner, work) -> None:
    mine = psutil.Process()
    noted = Execution(pid=mine.pid, created=mine.create_time() - 1, requested_at="2026-01-01T00:00:00Z")
    work.write(execution_key("job", "waits", 1), noted.model_dump_json().encode())
    assert runner.state(WAITS, "job", 1) is ExecutionState.ENDED


def test_what_a_step_logs_lies_beside_the_records(runner, pipe) -> None:
    runner.start(WAITS, "job", 1, [f"--at={pipe}"])
    pipe.open("w").close()
    wait_for_end(runner, WAITS)
    assert runner.log_path("job", "waits", 1).read_text().startswith("waiting")


def test_a_program_that_cannot_be_started_is_a_transient_error(runner) -> None:
    too_long = ["x" * 3_000_000]
    with pytest.raises(TransientError, match="could not be started"):
        runner.start(replace(WAITS), "job", 1, too_long)
    assert runner.state(WAITS, "job", 1) is ExecutionState.UNKNOWN
