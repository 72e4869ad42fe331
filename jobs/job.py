"""How every step runs: arguments in, one claim, one JSON line out, one result kept, one signal sent."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from pydantic import ValidationError

from jobs.arguments import parse_arguments
from jobs.progress import Progress
from shared import workspace
from shared.config import Settings, load_settings
from shared.contract import FailedResult, Step, StepArguments, StepResult
from shared.documents import read_document
from shared.errors import ConflictError, Failure, NotFound, PodcastError, reasons_of
from shared.log_events import STEP_CRASHED, STEP_FAILED, STEP_FINISHED
from shared.logger import bind_context, configure_logging, get_logger
from shared.models import Cost, PodcastProcessingJob
from shared.signals import Signal
from shared.storage import ABSENT
from shared.telemetry import PROJECT_VARIABLE, configure_tracing, episode_span, failed


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class JobContext:
    """What a step is given beside its arguments."""

    settings: Settings
    progress: Progress
    paid: list[Cost] = field(default_factory=list)
    """What this attempt has paid so far; a step adds to it while it pays, since it may fail afterwards."""
    now: Callable[[], datetime] = field(default=_utc_now)


def main(step: Step, run: Callable[[Any, JobContext], StepResult], command_line: Sequence[str] | None = None) -> int:
    """Runs one step as a program and returns its exit code.

    stdout carries exactly one line, the result or the failure; logs go to stderr. With `--attempt` 1 or higher the
    attempt is claimed first, the result is kept in the work bucket and the controller is told.
    """
    configure_logging(project=os.environ.get(PROJECT_VARIABLE))
    # As process 1 of a container a program without a handler would not hear that it is to leave.
    signal.signal(signal.SIGTERM, _leave)
    try:
        arguments = parse_arguments(step, sys.argv[1:] if command_line is None else command_line)
    except ValidationError as error:
        reasons = "; ".join(f"--{_option(each['loc'])}: {each['msg']}" for each in error.errors())
        print(f"{step.job_name}: {reasons}", file=sys.stderr)
        return 2
    bind_context(job_id=arguments.job_id, step=step.name, attempt=arguments.attempt)
    try:
        return _report(_attempt(step, run, arguments, load_settings()))
    except PodcastError as error:
        # The settings or the work bucket: without them nothing can be kept, and the sweep sees the end of this.
        get_logger().error(STEP_FAILED, error=error.message, error_type=type(error).__name__, retryable=error.retryable)
        return _report(FailedResult(job_id=arguments.job_id, error=error.to_failure()))


def _attempt(
    step: Step, run: Callable[[Any, JobContext], StepResult], arguments: StepArguments, settings: Settings
) -> StepResult | FailedResult | None:
    """What came of it; None where another execution does this attempt."""
    if arguments.attempt and not _claim(step, arguments, settings):
        get_logger().info("another execution has this attempt already; leaving it the work")
        print(json.dumps({"status": "duplicate", "job_id": arguments.job_id}))
        return None
    flush = configure_tracing(step.job_name, os.environ)
    if arguments.attempt:
        _bind_episode(arguments, settings)
    with episode_span(step.job_name, arguments.job_id, step=step.name, attempt=arguments.attempt) as span:
        result = _run(step, run, arguments, settings)
        if isinstance(result, FailedResult):
            failed(span, result.error.type)
    if arguments.attempt:
        _keep(step, arguments, settings, result)
        _signal(step, arguments, settings)
    flush()
    return result


def _run(
    step: Step, run: Callable[[Any, JobContext], StepResult], arguments: StepArguments, settings: Settings
) -> StepResult | FailedResult:
    log = get_logger()
    progress = Progress(settings.work if arguments.attempt else None, arguments.job_id, step.name, now=_utc_now)
    context = JobContext(settings=settings, progress=progress)
    log.info("started")
    try:
        result = run(arguments, context)
    except PodcastError as error:
        log.warning(STEP_FAILED, error=error.message, error_type=type(error).__name__, retryable=error.retryable)
        return FailedResult(job_id=arguments.job_id, error=error.to_failure(), costs=context.paid)
    except Exception as error:  # the process ends here: what is left to do is to say so
        told = _without_words(error)
        log.exception(STEP_CRASHED, exc_info=(type(told), told, error.__traceback__))
        failure = Failure(
            type=type(error).__name__,
            message=f"{step.job_name} stopped on something it did not expect: {told}",
            retryable=True,
            advice="The step's log has the details; if it happens again, report it with that log.",
        )
        return FailedResult(job_id=arguments.job_id, error=failure, costs=context.paid)
    log.info(STEP_FINISHED)
    return result


def _without_words(error: Exception) -> Exception:
    # pydantic repeats what it was given, which is what somebody said as likely as not.
    return ValueError(reasons_of(error)) if isinstance(error, ValidationError) else error


def _claim(step: Step, arguments: StepArguments, settings: Settings) -> bool:
    key = workspace.claim_key(arguments.job_id, step.name, arguments.attempt)
    try:
        settings.work.write(key, b"", expect=ABSENT)
    except ConflictError:
        return False
    return True


def _bind_episode(arguments: StepArguments, settings: Settings) -> None:
    try:
        record, _ = read_document(settings.work, workspace.record_key(arguments.job_id), PodcastProcessingJob)
    except NotFound:  # started by hand, with an attempt but without a record
        return
    bind_context(episode_id=record.episode_id)


def _keep(step: Step, arguments: StepArguments, settings: Settings, result: StepResult | FailedResult) -> None:
    key = workspace.result_key(arguments.job_id, step.name, arguments.attempt)
    settings.work.write(key, result.model_dump_json().encode(), content_type="application/json")


def _signal(step: Step, arguments: StepArguments, settings: Settings) -> None:
    try:
        signals = settings.signals()
        if signals is not None:
            signals.send(Signal(job_id=arguments.job_id, step=step.name))
    except PodcastError as error:
        get_logger().warning("the controller did not take the signal; its sweep will notice", error=error.message)


def _report(result: StepResult | FailedResult | None) -> int:
    if result is None:
        return 0
    print(result.model_dump_json(), flush=True)
    return 1 if isinstance(result, FailedResult) else 0


def _leave(_number: int, _frame: FrameType | None) -> None:
    # No result is kept: the orchestrator starts another attempt.
    sys.exit(128 + signal.SIGTERM)


def _option(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location).replace("_", "-")
