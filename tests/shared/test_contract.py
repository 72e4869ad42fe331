"""The names that the product fixed, and the promise that arguments and results survive every crossing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.arguments import parse_arguments
from shared.contract import (
    FETCH,
    NOTIFY,
    PROCESS,
    STEPS,
    UPLOAD,
    FailedResult,
    FetchArguments,
    FetchResult,
    NotifyArguments,
    NotifyResult,
    ProcessArguments,
    ProcessResult,
    UploadArguments,
    UploadResult,
    step_named,
)
from shared.errors import Failure
from shared.models import ProcessingMetadata

# As the product's own table has them: name, arguments, output fields, environment.
THE_TABLE = [
    (
        "fetch-job",
        ["job_id", "bucket", "object_name", "output_path"],
        ["status", "job_id", "local_file", "file_size", "source_bucket", "source_object"],
        {"GCP_PROJECT_ID": True, "GCS_INPUT_BUCKET": True},
    ),
    (
        "process-job",
        ["job_id", "audio_file", "gcs_uri"],
        ["status", "job_id", "metadata"],
        {"VERTEX_AI_MODEL": True, "VERTEX_AI_LOCATION": True},
    ),
    (
        "upload-job",
        ["job_id", "audio_file", "metadata_json"],
        ["status", "job_id", "audio_url", "metadata_key", "rss_key"],
        {"R2_ENDPOINT_URL": True, "R2_BUCKET": True, "R2_CUSTOM_DOMAIN": False, "R2_KEYS_SECRET_NAME": True},
    ),
    (
        "notify-job",
        ["job_id", "status", "message", "output_url", "error"],
        ["status", "job_id", "notification_sent"],
        {"DISCORD_WEBHOOK_SECRET_NAME": True},
    ),
]

# Hypothesis would otherwise try lone surrogates, which no argument vector and no JSON can carry.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


def test_the_pipeline_is_fetch_process_upload_notify() -> None:
    assert [step.job_name for step in STEPS] == [row[0] for row in THE_TABLE]


@pytest.mark.parametrize(("step", "row"), list(zip(STEPS, THE_TABLE, strict=True)), ids=[row[0] for row in THE_TABLE])
def test_a_step_has_the_names_of_the_table(step, row) -> None:
    _, arguments, outputs, environment = row
    assert set(arguments) <= set(step.arguments.model_fields)
    assert set(outputs) <= set(step.result.model_fields)
    assert {name: required for name, _, required in step.environment.variables()} == environment


def test_metadata_has_the_names_of_the_table() -> None:
    named = {"title", "summary", "transcript", "duration_seconds", "keywords"}
    assert named <= set(ProcessingMetadata.model_fields)


@given(texts, texts, texts, st.integers(0, 9), st.none() | st.integers(1, 2**62))
def test_fetch_arguments_survive_the_command_line(bucket, name, path, attempt, generation) -> None:
    arguments = FetchArguments(
        job_id="j", attempt=attempt, bucket=bucket, object_name=name, output_path=path, generation=generation
    )
    assert parse_arguments(FETCH, arguments.to_command_line()) == arguments


@given(texts, texts)
def test_process_and_upload_arguments_survive_the_command_line(one, other) -> None:
    process = ProcessArguments(job_id="j", audio_file=one, gcs_uri=other)
    upload = UploadArguments(job_id="j", audio_file=one, metadata_json=other)
    assert parse_arguments(PROCESS, process.to_command_line()) == process
    assert parse_arguments(UPLOAD, upload.to_command_line()) == upload


@given(st.sampled_from(["completed", "failed"]), texts, st.none() | texts)
def test_notify_arguments_survive_the_command_line(status, message, error) -> None:
    arguments = NotifyArguments(job_id="j", status=status, message=message, error=error)
    assert parse_arguments(NOTIFY, arguments.to_command_line()) == arguments


def test_error_null_means_that_there_was_no_error() -> None:
    line = ["--job-id", "j", "--status", "completed", "--message", "m", "--output-url", "u", "--error", "null"]
    parsed = parse_arguments(NOTIFY, line)
    assert isinstance(parsed, NotifyArguments)
    assert parsed.error is None


def test_a_variable_of_the_environment_never_stands_in_for_an_argument(monkeypatch) -> None:
    monkeypatch.setenv("STATUS", "failed")
    monkeypatch.setenv("ATTEMPT", "7")
    parsed = parse_arguments(NOTIFY, ["--job-id=j", "--status=completed"])
    assert isinstance(parsed, NotifyArguments)
    assert (parsed.status, parsed.attempt) == ("completed", 0)


METADATA = ProcessingMetadata(title="T", summary="S", transcript="words", duration_seconds=1.5, keywords=["k"])
RESULTS = [
    (FETCH, FetchResult(job_id="j", local_file="/f", file_size=1, source_bucket="b", source_object="o")),
    (PROCESS, ProcessResult(job_id="j", metadata=METADATA)),
    (UPLOAD, UploadResult(job_id="j", audio_url="u", metadata_key="m", rss_key="r")),
    (NOTIFY, NotifyResult(job_id="j", notification_sent=True)),
]


@pytest.mark.parametrize(("step", "result"), RESULTS, ids=[step.name for step, _ in RESULTS])
def test_a_result_survives_json(step, result) -> None:
    assert step.parse_result_json(result.model_dump_json()) == result


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_failure_survives_json(step) -> None:
    failed = FailedResult(job_id="j", error=Failure(type="T", message="m", retryable=True, advice="a"))
    assert step.parse_result_json(failed.model_dump_json()) == failed


def test_a_step_is_found_by_its_name() -> None:
    assert step_named("upload") is UPLOAD


def test_every_step_may_tell_the_controller_that_it_ended_and_write_its_result() -> None:
    for step in STEPS:
        granted = {(grant.role, grant.on.value) for grant in step.grants}
        assert ("roles/run.invoker", "controller") in granted
        assert ("roles/storage.objectUser", "work_bucket") in granted


def test_the_contract_loads_neither_a_cloud_client_nor_the_web() -> None:
    # Some wheels put an empty `google` package in place when the interpreter starts.
    code = "import json, sys; before = set(sys.modules); import shared.contract, shared.deployment"
    code += "; print(json.dumps(sorted(set(sys.modules) - before)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    top = {name.partition(".")[0] for name in json.loads(ran.stdout)}
    assert not top & {"google", "boto3", "botocore", "flask", "pulumi", "av", "numpy", "lxml", "urllib3", "requests"}
