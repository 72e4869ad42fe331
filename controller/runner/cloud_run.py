"""The cloud's runner: every attempt is one execution of the step's Cloud Run Job, with its arguments overridden.

`run` takes no key that would make it safe to repeat. So before an attempt is started, and again after each reply that
was lost, the job's executions are searched for its number. Should a copy slip through all the same, the claim in the
work bucket (jobs/job.py) has it leave without doing anything.

Source: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs/run and ….executions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.cloud.run_v2 import (
    Condition,
    Execution,
    ExecutionsClient,
    JobsClient,
    ListExecutionsRequest,
    RunJobRequest,
)

from controller.runner.protocol import ExecutionState, RunnerUnavailable
from shared.contract import Step
from shared.errors import ConflictError, NotFound, PermanentError, TransientError
from shared.google_errors import google_errors
from shared.retries import Patience

PAGE: Final = 100
"""Executions a page."""
LOOK_BACK: Final = timedelta(days=2)
"""How old an execution can be that anybody still asks for: more than any step may take."""
BRIEF: Final = Patience(attempts=3, total=3.0, first_wait=0.2, longest_wait=1.0, connect=2.0, read=5.0)
"""An event waits while its first step is requested; what does not work at once is left to the sweep."""
ENDED: Final = frozenset({Condition.State.CONDITION_SUCCEEDED, Condition.State.CONDITION_FAILED})


class CloudRunRunner:
    """Starts, watches and cancels executions.

    Args:
        jobs: Google's client for jobs, over REST.
        executions: Google's client for executions, over REST.
        parent: `projects/PROJECT/locations/REGION`, where the jobs are.
        suffix: what follows the name of each job in this stack.
        patience: how often and how long to try.
        now: the time.
        look_back: see LOOK_BACK; longer where the stack allows a step more.
    """

    def __init__(
        self,
        jobs: JobsClient,
        executions: ExecutionsClient,
        *,
        parent: str,
        suffix: str = "",
        patience: Patience = BRIEF,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        look_back: timedelta = LOOK_BACK,
    ) -> None:
        self._jobs = jobs
        self._executions = executions
        self._parent = parent
        self._suffix = suffix
        self._patience = patience
        self._now = now
        self._look_back = look_back
        self._names: dict[tuple[str, str, int], str] = {}

    @classmethod
    def connect(
        cls,
        project: str,
        region: str,
        *,
        suffix: str = "",
        credentials: Credentials | None = None,
        endpoint: str | None = None,
        patience: Patience = BRIEF,
        look_back: timedelta = LOOK_BACK,
    ) -> CloudRunRunner:
        """The runner over Google's own API, or over the one at `endpoint`. Nothing is asked yet."""
        options = ClientOptions(api_endpoint=endpoint)
        with google_errors("connect to Cloud Run"):
            return cls(
                JobsClient(credentials=credentials, transport="rest", client_options=options),
                ExecutionsClient(credentials=credentials, transport="rest", client_options=options),
                parent=f"projects/{project}/locations/{region}",
                suffix=suffix,
                patience=patience,
                look_back=look_back,
            )

    def start(self, step: Step, job_id: str, attempt: int, arguments: Sequence[str]) -> None:
        """Requests the attempt, unless an execution of it is there already.

        Args:
            step: which step.
            job_id: the job.
            attempt: number of the attempt.
            arguments: the whole command line; it names job and attempt, by which the execution is found again.
        """
        wanted = set(_marks(job_id, attempt))
        if not wanted <= set(arguments):
            raise ValueError(f"without {' and '.join(sorted(wanted))} an execution could not be found again")

        def once() -> None:
            if next(self._copies(step, job_id, attempt), None) is None:
                self._run(step, job_id, attempt, arguments)

        self._patience.persistently(once)

    def state(self, step: Step, job_id: str, attempt: int) -> ExecutionState:
        """Whether an execution of the attempt runs."""
        return self._patience.persistently(lambda: self._state(step, job_id, attempt))

    def cancel(self, step: Step, job_id: str, attempt: int) -> None:
        """Stops every execution of the attempt that runs."""
        self._patience.persistently(lambda: self._cancel(step, job_id, attempt))

    def _run(self, step: Step, job_id: str, attempt: int, arguments: Sequence[str]) -> None:
        override = RunJobRequest.Overrides.ContainerOverride(args=list(arguments))
        request = RunJobRequest(
            name=self._job(step), overrides=RunJobRequest.Overrides(container_overrides=[override], task_count=1)
        )
        with self._asked(f"start {step.job_name} for job {job_id}", step):
            # The operation ends when the execution does; its metadata names the execution at once.
            operation = self._jobs.run_job(request, retry=None, timeout=self._patience.read)
            self._names[job_id, step.name, attempt] = operation.metadata.name

    def _state(self, step: Step, job_id: str, attempt: int) -> ExecutionState:
        known = self._names.get((job_id, step.name, attempt))
        if known is not None and self._runs(known, step):
            return ExecutionState.RUNNING
        # Where it has ended, it may have been the copy that left another one the work.
        copies = list(self._copies(step, job_id, attempt))
        if any(not _ended(each) for each in copies):
            return ExecutionState.RUNNING
        return ExecutionState.ENDED if copies or known is not None else ExecutionState.UNKNOWN

    def _cancel(self, step: Step, job_id: str, attempt: int) -> None:
        for each in self._copies(step, job_id, attempt):
            if _ended(each):
                continue
            try:
                with self._asked(f"cancel {step.job_name} for job {job_id}", step):
                    self._executions.cancel_execution(name=each.name, retry=None, timeout=self._patience.read)
            except PermanentError:
                if self._runs(each.name, step):
                    raise
                # It ended between the look and the call, which Cloud Run refuses.

    def _runs(self, name: str, step: Step) -> bool:
        try:
            with self._asked(f"look at an execution of {step.job_name}", step):
                return not _ended(self._executions.get_execution(name=name, retry=None, timeout=self._patience.read))
        except NotFound:  # Cloud Run forgets what has ended long ago
            return False

    def _copies(self, step: Step, job_id: str, attempt: int) -> Iterator[Execution]:
        """The executions of this attempt: as a rule none or one."""
        wanted = set(_marks(job_id, attempt))
        oldest = self._now() - self._look_back
        request = ListExecutionsRequest(parent=self._job(step), page_size=PAGE)
        with self._asked(f"list the executions of {step.job_name}", step):
            pages = self._executions.list_executions(request, retry=None, timeout=self._patience.read).pages
            for page in pages:
                yield from (each for each in page.executions if wanted <= _arguments(each))
                # The newest come first, and all of history can be a thousand.
                if page.executions and all(_created(each) < oldest for each in page.executions):
                    return

    def _job(self, step: Step) -> str:
        return f"{self._parent}/jobs/{step.job_name}{self._suffix}"

    @contextmanager
    def _asked(self, doing: str, step: Step) -> Iterator[None]:
        advice = {
            403: f"Grant the controller's account run.jobsExecutorWithOverrides and run.viewer on {step.job_name}; "
            "a fresh grant takes minutes.",
            404: f"Check that {self._job(step)} exists: `pulumi up` makes it.",
        }
        try:
            with google_errors(doing, advice):
                yield
        except TransientError as error:
            raise RunnerUnavailable(error.message, advice=error.advice, retry_after=error.retry_after) from error
        except ConflictError as error:
            raise RunnerUnavailable(error.message, advice=error.advice) from error


def _marks(job_id: str, attempt: int) -> tuple[str, str]:
    """The two words of a command line that tell one attempt from any other (StepArguments.to_command_line)."""
    return f"--job-id={job_id}", f"--attempt={attempt}"


def _arguments(execution: Execution) -> set[str]:
    return {word for container in execution.template.containers for word in container.args}


def _created(execution: Execution) -> datetime:
    # The wrapper around the message turns its Timestamp into a datetime, which its annotation does not say.
    return cast(datetime, execution.create_time)


def _ended(execution: Execution) -> bool:
    # Either sign will do: the documentation promises no order between the two.
    return bool(execution.completion_time) or any(
        each.type_ == "Completed" and each.state in ENDED for each in execution.conditions
    )
