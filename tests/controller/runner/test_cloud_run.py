"""Executions in Cloud Run, whatever happens to requests and replies: none is lost, none runs twice."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from google.oauth2.credentials import Credentials
from support_runners import MODULES, TELLS, WAITS, connect, environment
from support_servers.cloud_run import cloud_run_server
from support_servers.faults import Hang, LoseReply, ResetBefore, Truncate, html_page, json_error, patience_with
from support_servers.processes import free_port

from controller.runner import ExecutionState, RunnerUnavailable
from controller.runner.cloud_run import CloudRunRunner
from shared.errors import NotFound, PermanentError

LINE = ["--job-id=job", "--attempt=1"]


@pytest.fixture
def cloud_run(tmp_path):
    with cloud_run_server(tmp_path / "cloud-run", MODULES, environment(tmp_path)) as server:
        yield server


@pytest.fixture
def runner(cloud_run):
    return connect(cloud_run)


def starts(method: str, path: str) -> bool:
    return path.endswith(":run")


def cancels(method: str, path: str) -> bool:
    return path.endswith(":cancel")


def lists(method: str, path: str) -> bool:
    return path.endswith("/executions")


PASSES = {
    "reset before Cloud Run saw it": [ResetBefore()],
    "reply lost": [LoseReply()],
    "silence after the execution began": [Hang()],
    "an answer cut in half": [Truncate()],
    "a page instead of JSON": [html_page()],
    "429 with a wait": [json_error(429, "slow", **{"Retry-After": "0"})],
    "500, then good": [json_error(500, "oops")],
    "503 with a page, then good": [html_page(503)],
    "409, then good": [json_error(409, "busy")],
    "all at once": [ResetBefore(), json_error(500, "oops"), LoseReply()],
}


@pytest.mark.parametrize("which", [starts, lists])
@pytest.mark.parametrize("faults", PASSES.values(), ids=PASSES)
def test_what_passes_is_tried_again_and_starts_one_execution(cloud_run, faults, which) -> None:
    cloud_run.faults.only = which
    cloud_run.faults.once.extend(faults)
    runner = connect(cloud_run)
    runner.start(TELLS, "job", 1, LINE)
    assert not cloud_run.faults.once
    assert cloud_run.started == 1
    assert runner.state(TELLS, "job", 1) is not ExecutionState.UNKNOWN


STAYS = {
    # what every request meets: which error, a word of its message, a word of its advice, how often it was tried
    "401": (json_error(401, "no"), PermanentError, "credentials were refused", "gcloud auth", 1),
    "403": (json_error(403, "no"), PermanentError, "403", "run.jobsExecutorWithOverrides", 1),
    "404": (json_error(404, "no"), NotFound, "404", "pulumi up", 1),
    "409": (json_error(409, "no"), RunnerUnavailable, "409", None, 4),
    "412": (json_error(412, "no"), RunnerUnavailable, "412", None, 4),
    "400": (json_error(400, "no"), PermanentError, "400", None, 1),
    "429 for an hour": (json_error(429, "no", **{"Retry-After": "3600"}), RunnerUnavailable, "429", None, 1),
    "503 for ever": (json_error(503, "no"), RunnerUnavailable, "503", None, 4),
    "pages for ever": (html_page(), RunnerUnavailable, "not the API's", "proxy", 4),
    "a page with 403": (html_page(403), PermanentError, "403", "run.viewer", 1),
    "resets for ever": (ResetBefore(), RunnerUnavailable, "start tells-job for job job|list the executions", None, 4),
}


@pytest.mark.parametrize("which", [starts, lists])
@pytest.mark.parametrize("row", STAYS.values(), ids=STAYS)
def test_what_stays_is_an_error_that_says_what_to_do(cloud_run, runner, row, which) -> None:
    cloud_run.faults.forever, kind, word, advice, tries = row
    cloud_run.faults.only = which
    with pytest.raises(kind, match=word) as caught:
        runner.start(TELLS, "job", 1, LINE)
    assert type(caught.value) is kind
    assert advice is None or advice in caught.value.advice
    assert len([each for each in cloud_run.faults.requests if which(*each)]) == tries
    assert cloud_run.started == 0


@pytest.mark.parametrize("fault", [LoseReply(), Hang(), Truncate()], ids=lambda fault: type(fault).__name__)
def test_replies_that_are_lost_for_ever_start_one_execution(cloud_run, fault) -> None:
    cloud_run.faults.only = starts
    cloud_run.faults.forever = fault
    connect(cloud_run).start(TELLS, "job", 1, LINE)
    assert cloud_run.started == 1


def test_a_cloud_run_that_cannot_be_reached_is_unavailable() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    runner = CloudRunRunner.connect(
        "p", "r", credentials=Credentials(token="fake"), endpoint=nobody, patience=patience_with()
    )
    with pytest.raises(RunnerUnavailable, match="connection refused"):
        runner.start(TELLS, "job", 1, LINE)
    with pytest.raises(RunnerUnavailable, match="connection refused"):
        runner.state(TELLS, "job", 1)


def test_a_job_that_was_never_deployed_is_named(cloud_run) -> None:
    runner = CloudRunRunner.connect(
        "a-project",
        "asia-northeast1",
        suffix="-prod",
        credentials=Credentials(token="fake"),
        endpoint=cloud_run.address,
        patience=patience_with(),
    )
    with pytest.raises(NotFound) as caught:
        runner.start(TELLS, "job", 1, LINE)
    assert "projects/a-project/locations/asia-northeast1/jobs/tells-job-prod" in (caught.value.advice or "")


def test_an_execution_is_found_on_any_page(cloud_run, runner) -> None:
    runner.start(TELLS, "job", 1, LINE)
    for number in range(cloud_run.page * 2 + 1):
        runner.start(TELLS, f"other-{number}", 1, [f"--job-id=other-{number}", "--attempt=1"])
    cloud_run.wait()
    assert connect(cloud_run).state(TELLS, "job", 1) is ExecutionState.ENDED
    connect(cloud_run).start(TELLS, "job", 1, LINE)
    assert cloud_run.started == cloud_run.page * 2 + 2


def test_history_is_read_no_further_than_anybody_asks_for(cloud_run, runner) -> None:
    for number in range(cloud_run.page * 3):
        runner.start(TELLS, f"other-{number}", 1, [f"--job-id=other-{number}", "--attempt=1"])
    for each in cloud_run.executions[cloud_run.page :]:
        each.created = datetime.now(UTC) - timedelta(days=30)
    before = len(cloud_run.faults.requests)
    assert connect(cloud_run).state(TELLS, "job", 1) is ExecutionState.UNKNOWN
    assert len(cloud_run.faults.requests) - before == 2


def test_what_cloud_run_has_forgotten_has_ended(cloud_run, runner) -> None:
    runner.start(TELLS, "job", 1, LINE)
    cloud_run.wait()
    cloud_run.forget()
    assert runner.state(TELLS, "job", 1) is ExecutionState.ENDED


def test_while_one_copy_runs_the_attempt_runs(cloud_run, runner, tmp_path) -> None:
    """A list may lag: then a second copy is started, sees the claim and ends, and must not be taken for the first."""
    os.mkfifo(tmp_path / "pipe")
    cloud_run.faults.only, cloud_run.hidden = starts, True
    cloud_run.faults.once.append(LoseReply())
    runner.start(WAITS, "job", 1, [*LINE, f"--at={tmp_path / 'pipe'}"])
    assert cloud_run.started == 2
    cloud_run.hidden = False
    cloud_run.executions[0].process.kill()
    cloud_run.executions[0].process.wait()
    assert runner.state(WAITS, "job", 1) is ExecutionState.RUNNING
    runner.cancel(WAITS, "job", 1)
    assert runner.state(WAITS, "job", 1) is ExecutionState.ENDED


def test_a_command_line_that_could_not_be_found_again_is_a_defect(runner) -> None:
    with pytest.raises(ValueError, match="--attempt=1"):
        runner.start(TELLS, "job", 1, ["--job-id=job"])


@pytest.mark.parametrize("faults", PASSES.values(), ids=PASSES)
def test_cancelling_is_tried_again_and_stops_what_runs(cloud_run, tmp_path, faults) -> None:
    os.mkfifo(tmp_path / "pipe")
    runner = connect(cloud_run)
    runner.start(WAITS, "job", 1, [*LINE, f"--at={tmp_path / 'pipe'}"])
    cloud_run.faults.only = cancels
    cloud_run.faults.once.extend(faults)
    patient = connect(cloud_run)
    patient.cancel(WAITS, "job", 1)
    assert runner.state(WAITS, "job", 1) is ExecutionState.ENDED


@pytest.mark.parametrize("row", STAYS.values(), ids=STAYS)
def test_a_cancel_that_cannot_be_had_is_told_and_stops_nothing(cloud_run, runner, tmp_path, row) -> None:
    os.mkfifo(tmp_path / "pipe")
    runner.start(WAITS, "job", 1, [*LINE, f"--at={tmp_path / 'pipe'}"])
    cloud_run.faults.only = cancels
    cloud_run.faults.forever, kind, word, advice, tries = row
    with pytest.raises(kind, match=word.replace("start tells-job", "cancel waits-job")) as caught:
        runner.cancel(WAITS, "job", 1)
    assert advice is None or advice in caught.value.advice
    assert len([each for each in cloud_run.faults.requests if cancels(*each)]) == tries
    assert runner.state(WAITS, "job", 1) is ExecutionState.RUNNING
