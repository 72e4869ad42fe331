"""How every step runs: one line out, one claim, one result kept, one signal sent. With real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

TESTS = Path(__file__).parents[1]


@pytest.fixture
def run(tmp_path):
    def run(what, *arguments, **variables):
        environment = {**os.environ, "PODCAST_DATA": str(tmp_path), "PYTHONPATH": str(TESTS), **variables}
        line = [sys.executable, "-m", "support_step", what, "--job-id=j", *arguments]
        return subprocess.run(line, capture_output=True, text=True, env=environment, check=False)

    return run


def line_of(ran):
    (line,) = ran.stdout.splitlines()
    return json.loads(line)


def test_a_success_is_one_json_line_and_exit_0(run) -> None:
    ran = run("succeed", "--status=completed")
    assert ran.returncode == 0
    assert line_of(ran) == {
        "status": "completed",
        "job_id": "j",
        "notification_sent": True,
        "perhaps_twice": False,
    }


def test_a_refusal_is_one_json_line_with_type_message_advice_and_exit_1(run) -> None:
    ran = run("refuse", "--status=completed")
    assert ran.returncode == 1
    assert line_of(ran)["error"] == {
        "type": "PermanentError",
        "message": "it cannot be",
        "retryable": False,
        "advice": "change it",
        "retry_after": None,
    }


def test_a_failure_that_may_pass_says_so(run) -> None:
    error = line_of(run("wait", "--status=completed"))["error"]
    assert (error["retryable"], error["retry_after"]) == (True, 7.0)


def test_a_defect_is_one_json_line_too_and_its_traceback_is_in_the_log(run) -> None:
    ran = run("crash", "--status=completed")
    assert ran.returncode == 1
    assert line_of(ran)["error"]["type"] == "ZeroDivisionError"
    assert "Traceback" in ran.stderr


def test_a_defect_about_data_tells_nothing_of_what_is_in_the_data(run) -> None:
    ran = run("garble", "--status=completed")
    error = line_of(ran)["error"]
    assert error["type"] == "ValidationError"
    assert "notification_sent: Input should be a valid boolean" in error["message"]
    assert "Traceback" in ran.stderr
    assert "support_step.py" in ran.stderr
    assert "only listeners" not in ran.stdout + ran.stderr


def test_every_line_of_the_log_is_json_with_severity_and_job(run) -> None:
    lines = [json.loads(line) for line in run("succeed", "--status=completed").stderr.splitlines()]
    assert lines
    assert all({"severity", "message", "time", "job_id", "step"} <= set(line) for line in lines)


@pytest.mark.parametrize("wrong", [[], ["--status=perhaps"], ["--status=completed", "--colour=red"]])
def test_a_wrong_command_line_exits_2_and_says_what_is_wrong(run, wrong) -> None:
    ran = run("succeed", *wrong)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "notify-job" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_wrong_setting_is_a_failure_like_any_other(run) -> None:
    ran = run("succeed", "--status=completed", PODCAST_PORT="many")
    assert ran.returncode == 1
    assert "PODCAST_PORT" in line_of(ran)["error"]["message"]


def test_by_hand_nothing_is_claimed_or_kept(run, tmp_path) -> None:
    run("succeed", "--status=completed")
    assert list(tmp_path.iterdir()) == []


def test_an_attempt_claims_first_and_keeps_its_result(run, tmp_path) -> None:
    ran = run("succeed", "--status=completed", "--attempt=2")
    assert (tmp_path / "work/claims/j/notify.2").exists()
    assert json.loads((tmp_path / "work/results/j/notify.2.json").read_text()) == line_of(ran)


def test_a_failed_attempt_keeps_its_failure(run, tmp_path) -> None:
    run("refuse", "--status=completed", "--attempt=1")
    kept = json.loads((tmp_path / "work/results/j/notify.1.json").read_text())
    assert kept["status"] == "failed"


def test_a_failed_attempt_says_what_it_had_paid_by_then(run, tmp_path) -> None:
    run("pay", "--status=completed", "--attempt=1")
    kept = json.loads((tmp_path / "work/results/j/notify.1.json").read_text())
    assert [(cost["model"], cost["usd"]) for cost in kept["costs"]] == [("a-model", 0.25)]


def test_a_second_copy_of_an_attempt_does_nothing_and_exits_0(run, tmp_path) -> None:
    run("succeed", "--status=completed", "--attempt=1")
    second = run("crash", "--status=completed", "--attempt=1")
    assert second.returncode == 0
    assert line_of(second) == {"status": "duplicate", "job_id": "j"}
    assert json.loads((tmp_path / "work/results/j/notify.1.json").read_text())["status"] == "completed"


def test_of_many_copies_at_once_one_does_the_work(run, tmp_path) -> None:
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(line_of(run("succeed", "--status=completed", "--attempt=1"))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer["status"] for answer in answers) == ["completed", "duplicate", "duplicate", "duplicate"]


def test_the_controller_is_told_after_the_result_is_kept(run, tmp_path, httpserver: HTTPServer) -> None:
    kept = []

    def take(request):
        kept.append((tmp_path / "work/results/j/notify.1.json").exists())
        assert request.get_json() == {"job_id": "j", "step": "notify"}
        return httpserver_response()

    def httpserver_response():
        from werkzeug import Response  # noqa: PLC0415 - only here

        return Response(status=204)

    httpserver.expect_request("/signals", method="POST").respond_with_handler(take)
    run("succeed", "--status=completed", "--attempt=1", PODCAST_SIGNAL_URL=httpserver.url_for("/signals"))
    assert kept == [True]


def test_a_controller_that_does_not_answer_does_not_fail_the_step(run) -> None:
    ran = run("succeed", "--status=completed", "--attempt=1", PODCAST_SIGNAL_URL="http://127.0.0.1:9/signals")
    assert ran.returncode == 0
    assert "sweep will notice" in ran.stderr


def test_progress_is_written_beside_the_record(run, tmp_path) -> None:
    run("succeed", "--status=completed", "--attempt=1")
    note = json.loads((tmp_path / "work/progress/j.json").read_text())
    assert (note["step"], note["fraction"], note["note"]) == ("notify", 0.5, "half way")


def test_a_step_that_is_told_to_leave_keeps_no_result_and_says_so_by_its_exit_code(tmp_path) -> None:
    environment = {**os.environ, "PODCAST_DATA": str(tmp_path), "PYTHONPATH": str(TESTS)}
    line = [sys.executable, "-m", "support_step", "hang", "--job-id=j", "--status=completed", "--attempt=1"]
    step = subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert step.stderr is not None
    assert any("hanging" in told for told in step.stderr)
    step.terminate()
    step.communicate(timeout=60)
    assert step.returncode == 143
    assert not (tmp_path / "work/results").exists()


def test_a_work_folder_that_cannot_be_written_is_a_failure_with_a_line_like_any_other(run, tmp_path) -> None:
    (tmp_path / "work").write_text("a file where a folder should be")
    ran = run("succeed", "--status=completed", "--attempt=1")
    assert ran.returncode == 1
    assert line_of(ran)["status"] == "failed"
