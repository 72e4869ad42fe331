"""One trace an episode, whichever programs its spans come from; and lines that Cloud Logging puts beside it."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from support_servers.collector import collector_server
from support_servers.faults import Hang, ResetBefore, json_error

from shared import workspace
from shared.cloud_logging import LABELS_FIELD, SPAN_FIELD, TRACE_FIELD
from shared.contract import FETCH, STEPS
from shared.identity import episode_id_of, job_id_of
from shared.logger import bind_context, configure_logging, get_logger
from shared.redaction import redacted
from shared.storage import FolderStore
from shared.telemetry import configure_tracing, root_span_id_of, trace_id_of

JOB = job_id_of("input", "one.mp3", 1)


@pytest.fixture
def lines():
    """The lines that were logged since, as Cloud Logging reads them."""
    stream = io.StringIO()
    configure_logging(stream=stream, project="a-project")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    configure_logging()


def run(program: str, collector, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program.split(), *arguments],
        env={**os.environ, **collector.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# ---------------------------------------------------------------- traces


def test_the_trace_is_the_job_in_every_program() -> None:
    assert trace_id_of(JOB) == UUID(JOB).int
    assert trace_id_of("by hand") == trace_id_of("by hand") != trace_id_of("by Hand")
    assert root_span_id_of(JOB) != root_span_id_of(JOB.upper())
    assert 0 < root_span_id_of(JOB) < 2**64


EPISODE = """
import sys
from datetime import UTC, datetime, timedelta
from shared.telemetry import configure_tracing, episode_span, write_episode
flush = configure_tracing("podcast-controller", __import__("os").environ)
began = datetime(2026, 1, 1, tzinfo=UTC)
with episode_span("start fetch-job", sys.argv[1], step="fetch", attempt=1):
    pass
write_episode("episode", sys.argv[1], began=began, ended=began + timedelta(minutes=5), outcome="completed")
flush()
"""


def test_spans_of_the_controller_and_of_steps_are_one_trace_under_one_root(tmp_path) -> None:
    with collector_server() as collector:
        controller = subprocess.run(
            [sys.executable, "-c", EPISODE, JOB],
            env={**os.environ, **collector.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert controller.returncode == 0, controller.stderr
        line = ["--job-id", JOB, "--status", "completed", "--message", "It is out"]
        assert run("-m jobs.notify", collector, *line, PODCAST_DATA=str(tmp_path)).returncode == 0
    assert {each.trace_id for each in collector.spans} == {UUID(JOB).hex}
    by_name = {each.name: each for each in collector.spans}
    root = by_name.pop("episode")
    assert (root.parent, root.seconds, root.attributes["outcome"]) == ("", 300.0, "completed")
    assert {each.parent for each in by_name.values()} == {root.span_id}
    assert {each.service for each in collector.spans} == {"podcast-controller", "notify-job"}
    assert by_name["notify-job"].attributes == {"job_id": JOB, "step": "notify", "attempt": 0}


def test_a_step_that_failed_is_a_failed_span_that_repeats_no_words(tmp_path) -> None:
    with collector_server() as collector:
        line = ["--job-id", JOB, "--bucket", "input", "--object-name", "the secret plan.mp3", "--output-path", "/tmp/x"]
        assert run("-m jobs.fetch", collector, *line, PODCAST_DATA=str(tmp_path)).returncode == 1
    (span,) = collector.spans
    assert (span.name, span.failed) == ("fetch-job", True)
    assert "NotFound" in span.text
    assert "secret plan" not in span.text


RAISES = """
import os, sys
from shared.telemetry import configure_tracing, episode_span
flush = configure_tracing("podcast-controller", os.environ)
try:
    with episode_span("start fetch-job", "job"):
        raise ValueError("the private words of a guest")
except ValueError:
    flush()
"""


def test_an_error_that_passes_marks_its_span_by_kind_and_not_by_words() -> None:
    with collector_server() as collector:
        environment = {**os.environ, **collector.environment}
        subprocess.run([sys.executable, "-c", RAISES], env=environment, check=True)
    (span,) = collector.spans
    assert span.failed
    assert "ValueError" in span.text
    assert "private words" not in span.text


@pytest.mark.parametrize("fault", [json_error(403, "no"), json_error(503, "no"), ResetBefore(), Hang()], ids=str)
def test_a_collector_that_takes_no_spans_does_not_fail_the_step(tmp_path, fault) -> None:
    with collector_server() as collector:
        collector.faults.forever = fault
        line = ["--job-id", JOB, "--status", "completed", "--message", "It is out"]
        done = run("-m jobs.notify", collector, *line, PODCAST_DATA=str(tmp_path))
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "completed")


def test_where_nobody_collects_nothing_is_loaded_for_it() -> None:
    program = (
        "import sys; from shared.telemetry import configure_tracing; configure_tracing('x', {})();"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk') or name == 'google.auth'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert configure_tracing("x", {})() is None


# ---------------------------------------------------------------- logs


def test_a_line_carries_severity_labels_and_the_episodes_trace(lines) -> None:
    get_logger().warning("moved", job_id=JOB, episode_id=episode_id_of("input", "one.mp3"), step="fetch", attempt=2)
    (line,) = lines()
    assert (line["severity"], line["message"], line["step"], line["attempt"]) == ("WARNING", "moved", "fetch", 2)
    assert line[LABELS_FIELD] == {"job_id": JOB, "episode_id": episode_id_of("input", "one.mp3"), "step": "fetch"}
    assert line[TRACE_FIELD] == f"projects/a-project/traces/{UUID(JOB).hex}"
    assert SPAN_FIELD not in line


def test_a_line_about_no_job_has_neither_labels_nor_trace(lines) -> None:
    get_logger().info("listening")
    (line,) = lines()
    assert line.keys().isdisjoint({LABELS_FIELD, TRACE_FIELD})


def test_what_libraries_say_is_a_line_like_any_other(lines) -> None:
    logging.getLogger("some.library").warning("cannot reach %s", "https://h/?X-Goog-Signature=abc123")
    (line,) = lines()
    assert (line["severity"], line["message"]) == ("WARNING", "cannot reach https://h/?X-Goog-Signature=…")


def test_a_step_logs_its_episode_and_every_line_is_one_json_object(tmp_path) -> None:
    work = FolderStore(tmp_path / "work")
    from support_jobs import new_job  # noqa: PLC0415 - only this test has a record

    job = new_job()
    work.write(workspace.record_key(job.job_id), job.model_dump_json().encode())
    line = ["--job-id", job.job_id, "--attempt", "1", "--status", "completed", "--message", "a message of news"]
    command = [sys.executable, "-m", "jobs.notify", *line]
    environment = {**os.environ, "PODCAST_DATA": str(tmp_path), "PODCAST_PROJECT_ID": "a-project"}
    # Google's libraries find no account here, and say so in a line like any other.
    environment |= {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    logged = [json.loads(each) for each in done.stderr.splitlines() if not each.startswith("│")]
    about = [each for each in logged if each["message"] == "finished"]
    assert [each[LABELS_FIELD]["episode_id"] for each in about] == [job.episode_id]
    assert {each[TRACE_FIELD] for each in logged} == {f"projects/a-project/traces/{UUID(job.job_id).hex}"}
    assert FETCH.job_name not in done.stderr


SECRET = "c2VjcmV0c2VjcmV0"
WHERE_SECRETS_HIDE = {
    "a V4 address of GCS": f"https://storage.googleapis.com/b/o?X-Goog-Algorithm=x&X-Goog-Signature={SECRET}",
    "a V2 address": f"https://b.s3.amazonaws.com/o?AWSAccessKeyId=a&Signature={SECRET}&Expires=1",
    "an address of R2": f"PUT https://a.r2.cloudflarestorage.com/b/o?X-Amz-Signature={SECRET}",
    "a session token": f"https://h/?X-Amz-Security-Token={SECRET}",
    "a resumable upload": f"https://h/upload?upload_id={SECRET}",
    "a webhook": f"https://discord.com/api/webhooks/12/{SECRET}?wait=true",
    "a webhook with a version": f"https://discord.com/api/v10/webhooks/12/{SECRET}",
    "a header": f"Authorization: Bearer {SECRET}.x.y",
    "a token": f"token eyJhbGciOiJSUzI1NiJ9.{SECRET}.{SECRET}",
    "a password in an address": f"http://user:{SECRET}@proxy:3128",
    "a private key": f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
    "half a private key": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}",
}


@pytest.mark.parametrize("text", WHERE_SECRETS_HIDE.values(), ids=WHERE_SECRETS_HIDE)
def test_secrets_are_taken_out_wherever_they_hide(lines, text) -> None:
    assert SECRET not in redacted(text)
    get_logger().error("failed", error=text, deep={"list": [text]})
    get_logger().error(text)
    try:
        raise ValueError(text)
    except ValueError:
        get_logger().exception("crashed")
    assert len(lines()) == 3
    assert SECRET not in json.dumps(lines())


def test_what_is_no_secret_stays_as_it_is() -> None:
    text = "could not read gs://bucket/第3回 (1).mp3: 403, see https://example.com/?page=2&sort=new, at 12:30"
    assert redacted(text) == text


def test_what_is_too_long_to_be_an_explanation_is_cut(lines) -> None:
    get_logger().info("heard", text="word " * 5000, numbers=[1, 2.5, True, None])
    (line,) = lines()
    assert len(line["text"]) < 2100
    assert "more characters" in line["text"]
    assert line["numbers"] == [1, 2.5, True, None]


def test_labels_of_one_job_are_not_those_of_the_next(lines) -> None:
    bind_context(job_id="a-job")
    get_logger().info("one", job_id=JOB)
    assert lines()[0][LABELS_FIELD]["job_id"] == JOB
    import structlog  # noqa: PLC0415 - only to leave the context as it was

    structlog.contextvars.clear_contextvars()


ORCHESTRATED = """
import os, sys
from pathlib import Path
from support_jobs import Clock, ScriptedRunner, failure_of, source, success_of
from controller.orchestrator import Orchestrator
from shared.contract import FETCH, NOTIFY, STEPS
from shared.storage import FolderStore
from shared.telemetry import configure_tracing
flush = configure_tracing("podcast-controller", os.environ)
work, clock = FolderStore(Path(sys.argv[1])), Clock()
runner = ScriptedRunner(work)
orchestrator = Orchestrator(work, runner, slots=1, now=clock, jitter=lambda: 0.5, reviewed=lambda: False)
job_id = orchestrator.receive(source())

def end(step, result):
    clock.forward(60)
    runner.end(step, job_id, orchestrator.advance(job_id).step(step.name).attempt, result)
    orchestrator.advance(job_id)

if "retried" in sys.argv:
    end(FETCH, failure_of(job_id, retryable=False))
    end(NOTIFY, success_of(NOTIFY, job_id))
    clock.forward(3600)
    orchestrator.retry(job_id)
for step in STEPS:
    end(step, success_of(step, job_id))
flush()
print(job_id)
"""


def orchestrated(tmp_path, *words: str):
    """The spans of a whole episode, and its trace."""
    with collector_server() as collector:
        done = subprocess.run(
            [sys.executable, "-c", ORCHESTRATED, str(tmp_path), *words],
            env={**os.environ, **collector.environment, "PYTHONPATH": str(Path(__file__).parents[1])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return collector.spans, UUID(done.stdout.splitlines()[-1]).hex


def test_the_orchestrator_writes_each_start_and_in_the_end_the_whole_episode(tmp_path) -> None:
    spans, trace = orchestrated(tmp_path)
    by_name = {each.name: each for each in spans}
    assert by_name.keys() == {"episode", *(f"start {step.job_name}" for step in STEPS)}
    assert {each.trace_id for each in spans} == {trace}
    assert (by_name["episode"].seconds, by_name["episode"].attributes["outcome"]) == (240.0, "completed")


def test_an_episode_that_is_taken_up_again_has_one_root_and_a_span_for_that_stretch(tmp_path) -> None:
    spans, trace = orchestrated(tmp_path, "retried")
    assert {each.trace_id for each in spans} == {trace}
    assert len({each.span_id for each in spans}) == len(spans), "two spans bear one number"
    (root,) = (each for each in spans if not each.parent)
    assert (root.name, root.seconds, root.attributes["outcome"]) == ("episode", 120.0, "failed")
    (again,) = (each for each in spans if each.name == "episode again")
    assert (again.parent, again.seconds, again.attributes["outcome"]) == (root.span_id, 240.0, "completed")


def test_a_laptop_that_knows_a_project_sends_no_span_there() -> None:
    program = (
        "import os, sys; from shared.telemetry import configure_tracing; configure_tracing('x', os.environ)();"
        "print('opentelemetry.sdk' in sys.modules or 'google.auth' in sys.modules)"
    )
    found = []
    for backend in ("", "local", "cloud"):
        environment = {
            **os.environ,
            "PODCAST_PROJECT_ID": "a-project",
            "PODCAST_BACKEND": backend,
            "NO_GCE_CHECK": "true",
        }
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        found.append(done.stdout.split()[-1])
    assert found == ["False", "False", "True"]
