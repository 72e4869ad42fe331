"""What every runner promises, over each of them."""

from __future__ import annotations

import json
import os

import pytest
from support_runners import TELLS, WAITS, cloud_run_runners, subprocess_runners

from controller.runner import ExecutionState
from shared import workspace
from shared.contract import NOTIFY, NotifyArguments
from shared.storage import FolderStore


@pytest.fixture(params=[subprocess_runners, cloud_run_runners], ids=["subprocess", "Cloud Run"])
def runners(request, tmp_path):
    with request.param(tmp_path) as made:
        yield made


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def line(pipe, job_id="job", attempt=1) -> list[str]:
    return [f"--job-id={job_id}", f"--attempt={attempt}", f"--at={pipe}"]


def test_what_was_never_started_is_unknown(runners) -> None:
    assert runners.runner.state(WAITS, "job", 1) is ExecutionState.UNKNOWN


def test_a_started_step_runs_until_it_ends(runners, pipe) -> None:
    runners.runner.start(WAITS, "job", 1, line(pipe))
    assert runners.runner.state(WAITS, "job", 1) is ExecutionState.RUNNING
    pipe.open("w").close()
    runners.wait()
    assert runners.runner.state(WAITS, "job", 1) is ExecutionState.ENDED


def test_starting_the_same_attempt_again_starts_nothing(runners, pipe) -> None:
    for runner in (runners.runner, runners.runner, runners.later()):
        runner.start(WAITS, "job", 1, line(pipe))
    assert runners.started() == 1


def test_an_attempt_that_has_ended_is_not_started_again(runners, pipe) -> None:
    runners.runner.start(WAITS, "job", 1, line(pipe))
    pipe.open("w").close()
    runners.wait()
    runners.runner.start(WAITS, "job", 1, line(pipe))
    assert runners.started() == 1
    assert runners.runner.state(WAITS, "job", 1) is ExecutionState.ENDED


def test_attempts_and_jobs_are_told_apart(runners, pipe) -> None:
    runners.runner.start(WAITS, "job", 1, line(pipe))
    assert runners.runner.state(WAITS, "job", 2) is ExecutionState.UNKNOWN
    assert runners.runner.state(WAITS, "jo", 1) is ExecutionState.UNKNOWN
    assert runners.runner.state(NOTIFY, "job", 1) is ExecutionState.UNKNOWN
    runners.runner.start(WAITS, "job", 11, line(pipe, attempt=11))
    runners.runner.cancel(WAITS, "job", 1)
    assert runners.runner.state(WAITS, "job", 1) is ExecutionState.ENDED
    assert runners.runner.state(WAITS, "job", 11) is ExecutionState.RUNNING


def test_a_cancelled_step_is_gone(runners, pipe) -> None:
    runners.runner.start(WAITS, "job", 1, line(pipe))
    runners.runner.cancel(WAITS, "job", 1)
    runners.wait()
    assert runners.runner.state(WAITS, "job", 1) is ExecutionState.ENDED


def test_cancelling_what_never_began_or_has_ended_changes_nothing(runners, pipe) -> None:
    runners.runner.cancel(WAITS, "job", 1)
    assert runners.runner.state(WAITS, "job", 1) is ExecutionState.UNKNOWN
    runners.runner.start(WAITS, "job", 1, line(pipe))
    pipe.open("w").close()
    runners.wait()
    runners.runner.cancel(WAITS, "job", 1)
    assert runners.runner.state(WAITS, "job", 1) is ExecutionState.ENDED


def test_a_later_controller_finds_the_step_that_an_earlier_one_started(runners, pipe) -> None:
    runners.runner.start(WAITS, "job", 1, line(pipe))
    later = runners.later()
    assert later.state(WAITS, "job", 1) is ExecutionState.RUNNING
    later.cancel(WAITS, "job", 1)
    assert later.state(WAITS, "job", 1) is ExecutionState.ENDED


def test_the_very_step_runs_and_keeps_its_result(runners, tmp_path) -> None:
    arguments = NotifyArguments(job_id="job", attempt=1, status="completed", message="It is out")
    runners.runner.start(NOTIFY, "job", 1, arguments.to_command_line())
    runners.wait()
    content, _ = FolderStore(tmp_path / "work").read(workspace.result_key("job", "notify", 1))
    assert NOTIFY.parse_result_json(content).status == "completed"


def test_arguments_arrive_as_they_are(runners, tmp_path) -> None:
    arguments = [
        "--job-id=job",
        "--attempt=1",
        '--message=--it\'s "one" 🎙\nand\tmore $HOME %PATH% \\ 第3回',
        "--empty=",
    ]
    runners.runner.start(TELLS, "job", 1, arguments)
    runners.wait()
    assert json.loads((tmp_path / "told.json").read_text("utf-8")) == arguments
