"""Why executions fail and what mends it, told from words and numbers alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support_doctor import NOW, email, plain_stack

from controller.stack.doctor.causes import Cause, Run, cause_of
from controller.stack.doctor.executions import JobFacts, arguments_finding, runs_finding
from controller.stack.doctor.sizes import more_memory
from controller.stack.doctor.starting import Who, start_fix

WHO = Who("user:me@example.com", "123")
STACK = plain_stack()
JOB = JobFacts("process", "process-job", email("process"), "4Gi", "2", 7200, ready=True)


def run(**changes: Any) -> Run:
    fields: dict[str, Any] = {"name": "executions/process-job-1", "created": NOW, "failed": True, "memory": "4Gi"}
    return Run(**{**fields, "timeout_seconds": 7200, **changes})


@pytest.mark.parametrize(
    ("cause", "facts"),
    [
        (Cause.MEMORY, {"words": "Task process-job-1-task0 failed with exit code: 0 and message: The configured memory "
                        "limit was reached.", "signal": 9}),
        (Cause.MEMORY, {"words": "Memory limit of 512 MiB exceeded with 515 MiB used."}),
        (Cause.MEMORY, {"signal": 9}),
        (Cause.MEMORY, {"exit_code": 137}),
        (Cause.TIME, {"words": "The configured timeout was reached."}),
        (Cause.TIME, {"words": "Terminating task because it has reached the maximum timeout of 600 s", "signal": 9}),
        (Cause.CANCELLED, {"reasons": ("CANCELLED",), "signal": 9}),
        (Cause.START, {"reasons": ("CONTAINER_MISSING",)}),
        (Cause.START, {"words": "Image 'x' not found."}),
        (Cause.START, {"words": "Permission 'iam.serviceaccounts.actAs' denied on service account x"}),
        (Cause.OWN, {"reasons": ("NON_ZERO_EXIT_CODE",), "words": "It exited with an error.", "exit_code": 1}),
        (Cause.OTHER, {"reasons": ("NON_ZERO_EXIT_CODE",), "exit_code": 2}),
        (Cause.OTHER, {"words": "Internal error occurred."}),
    ],
)  # fmt: skip
def test_the_cause_is_told_from_what_cloud_run_says(cause: Cause, facts: dict[str, Any]) -> None:
    assert cause_of(run(**facts)) is cause


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("512Mi", "1"), ("1Gi", "1")),
        (("2Gi", "1"), ("4Gi", "1")),
        (("4Gi", "1"), ("8Gi", "2")),
        (("4Gi", "2"), ("8Gi", "2")),
        (("8Gi", "2"), ("16Gi", "4")),
        (("12Gi", "4"), ("24Gi", "6")),
        (("20Gi", "6"), ("32Gi", "8")),
        (("32Gi", "8"), ("32Gi", "8")),
        (("768Mi", "1"), ("1536Mi", "1")),
        (("512Mi", "1000m"), ("1Gi", "1")),
    ],
)
def test_twice_the_memory_comes_with_the_cpu_that_cloud_run_asks_for_it(
    before: tuple[str, str], after: tuple[str, str]
) -> None:
    assert more_memory(*before) == after


def test_memory_that_needs_more_cpu_names_both_settings() -> None:
    job = JobFacts("process", "process-job", email("process"), "8Gi", "2", 7200, ready=True)
    finding = runs_finding(STACK, job, [run(words="The configured memory limit was reached.", memory="8Gi")], WHO)
    assert finding.fix == (
        "pulumi config set --path steps.process.memory 16Gi --stack dev "
        "&& pulumi config set --path steps.process.cpu 4 --type string --stack dev && pulumi up --stack dev"
    )


def test_memory_that_cannot_be_raised_is_told_so() -> None:
    job = JobFacts("process", "process-job", email("process"), "32Gi", "8", 7200, ready=True)
    finding = runs_finding(STACK, job, [run(words="The configured memory limit was reached.", memory="32Gi")], WHO)
    assert finding.fix == "32Gi is the most that Cloud Run gives: split the recording"


def test_what_has_been_mended_since_is_no_fault() -> None:
    succeeded = run(failed=False)
    old = [run(words="The configured memory limit was reached.", memory="2Gi"), succeeded]
    late = [run(words="The configured timeout was reached.", timeout_seconds=3600), succeeded]
    assert runs_finding(STACK, JOB, old, WHO).fine
    assert runs_finding(STACK, JOB, late, WHO).fine


def test_a_bad_recording_is_no_fault_of_a_stack_in_which_others_succeed() -> None:
    finding = runs_finding(STACK, JOB, [run(exit_code=1), run(failed=False)], WHO)
    assert finding.fine
    assert finding.found == (
        "1 of 2 since yesterday failed: 1 an error of its own; podcast jobs --stack dev tells which episodes"
    )


def test_a_job_in_which_nothing_succeeds_is_a_fault() -> None:
    finding = runs_finding(STACK, JOB, [run(exit_code=1), run(exit_code=1)], WHO)
    assert finding.fine is False
    assert finding.fix is not None
    assert "podcast jobs --stack dev" in finding.fix
    assert 'resource.labels.job_name="process-job"' in finding.fix


def test_cancelled_and_running_executions_are_no_failures() -> None:
    finding = runs_finding(STACK, JOB, [run(reasons=("CANCELLED",)), run(ended=False, failed=False)], WHO)
    assert finding.fine


def test_each_cause_comes_with_its_fix_once() -> None:
    memory, late = run(words="memory limit"), run(words="configured timeout")
    finding = runs_finding(STACK, JOB, [memory, late, memory], WHO)
    assert finding.found == "3 of 3 since yesterday failed: 2 out of memory, 1 out of time"
    assert finding.fix is not None
    assert finding.fix.count("steps.process.memory 8Gi") == 1
    assert finding.fix.count("steps.process.timeout_minutes 240") == 1


def test_the_newest_execution_of_the_controller_tells_of_arguments() -> None:
    shown = {"arguments": ("--job-id=1", "--attempt=2"), "creator": email("controller"), "failed": False}
    by_hand = run(created=NOW, creator="me@example.com")
    newest = run(name="executions/new", created=NOW - timedelta(hours=1), **shown)
    old = run(name="executions/old", created=NOW - timedelta(days=9), creator=email("controller"))
    assert arguments_finding([by_hand, old, newest], email("controller")).found == "new shows its job and its attempt"
    assert arguments_finding([by_hand], email("controller")).fine is None
    assert arguments_finding([old], email("controller")).fine is False


def test_an_execution_without_the_condition_that_the_runner_reads_is_a_fault() -> None:
    shown = run(arguments=("--job-id=1", "--attempt=2"), completed_condition=False, failed=False)
    assert arguments_finding([shown], email("controller")).fine is False


@pytest.mark.parametrize(
    ("reasons", "words", "fix"),
    [
        (("CONTAINER_IMAGE_UNAUTHORIZED",), "", "--role=roles/artifactregistry.reader"),
        (
            (),
            "Permission 'artifactregistry.repositories.downloadArtifacts' denied",
            "service-123@serverless-robot-prod",
        ),
        ((), "Failed to pull image x", "pulumi up --refresh --stack dev   (pushes the image again)"),
        (("SECRETS_ACCESS_CHECK_FAILED",), "", "pulumi up --refresh --stack dev"),
        ((), "iam.serviceAccounts.actAs", "--member=user:me@example.com --role=roles/iam.serviceAccountUser"),
        (("HEALTH_CHECK_CONTAINER_ERROR",), "", 'resource.labels.service_name="podcast-controller"'),
        ((), "something new", "gcloud logging read"),
    ],
)
def test_what_does_not_start_is_told_with_the_command_that_mends_it(
    reasons: tuple[str, ...], words: str, fix: str
) -> None:
    assert fix in start_fix(STACK, "podcast-controller", email("controller"), reasons=reasons, words=words, who=WHO)
