"""The laptop's runner: every attempt is the very same `python -m jobs.STEP …` that the cloud runs.

What was started is written beside the records, so that a controller that was stopped finds its jobs again.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil
from pydantic import AwareDatetime, BaseModel

from controller.runner.protocol import ExecutionState, RunnerUnavailable
from shared.contract import Step
from shared.documents import read_document
from shared.errors import Damaged, NotFound
from shared.logger import get_logger
from shared.storage import FolderStore

PATIENCE = 5.0
"""Seconds that a step gets to leave when it is told to."""


class Execution(BaseModel):
    """One started process. `created` tells it from a later process with the same number."""

    pid: int
    created: float
    requested_at: AwareDatetime


def execution_key(job_id: str, step: str, attempt: int) -> str:
    """Where the process of an attempt is noted, in the work folder."""
    return f"executions/{job_id}/{step}.{attempt}.json"


def log_key(job_id: str, step: str, attempt: int) -> str:
    """Where the stderr of an attempt lies, in the work folder."""
    return f"logs/{job_id}/{step}.{attempt}.log"


class SubprocessRunner:
    """Runs steps as children of this process.

    Args:
        work: the work folder.
        environment: the whole environment of the steps.
    """

    def __init__(self, work: FolderStore, environment: Mapping[str, str]) -> None:
        self._work = work
        self._environment = dict(environment)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def start(self, step: Step, job_id: str, attempt: int, arguments: Sequence[str]) -> None:
        """Starts the attempt, unless it was started already."""
        key = execution_key(job_id, step.name, attempt)
        with self._lock:
            if self._state(key) is not ExecutionState.UNKNOWN:
                return
            log = self.log_path(job_id, step.name, attempt)
            log.parent.mkdir(parents=True, exist_ok=True)
            try:
                with log.open("ab") as stderr:
                    child = subprocess.Popen(
                        [sys.executable, "-m", step.module, *arguments],
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=stderr,
                        env=self._environment,
                        # A Ctrl-C in the terminal is for the controller, which then ends its steps in order.
                        start_new_session=True,
                    )
            except OSError as error:
                raise RunnerUnavailable(
                    f"{step.job_name} for job {job_id} could not be started: {error}",
                    advice="Free memory or disk space; the next sweep tries again.",
                ) from error
            self._children[key] = child
            noted = Execution(pid=child.pid, created=_created(child.pid), requested_at=datetime.now(UTC))
            self._work.write(key, noted.model_dump_json().encode())

    def state(self, step: Step, job_id: str, attempt: int) -> ExecutionState:
        """Whether the process of the attempt is alive."""
        with self._lock:
            return self._state(execution_key(job_id, step.name, attempt))

    def cancel(self, step: Step, job_id: str, attempt: int) -> None:
        """Ends the process of the attempt."""
        with self._lock:
            process = self._process(execution_key(job_id, step.name, attempt))
        if process is not None:
            _end([process])

    def stop(self) -> None:
        """Ends every process that this runner started; their jobs go on when a controller starts again."""
        with self._lock:
            alive = [psutil.Process(child.pid) for child in self._children.values() if child.poll() is None]
        _end(alive)
        with self._lock:
            for child in self._children.values():
                child.wait()

    def log_path(self, job_id: str, step: str, attempt: int) -> Path:
        """The file that holds the log of an attempt."""
        return Path(self._work.location(log_key(job_id, step, attempt)))

    def _state(self, key: str) -> ExecutionState:
        child = self._children.get(key)
        if child is not None:
            return ExecutionState.RUNNING if child.poll() is None else ExecutionState.ENDED
        try:
            self._work.stat(key)
        except NotFound:
            return ExecutionState.UNKNOWN
        return ExecutionState.ENDED if self._process(key) is None else ExecutionState.RUNNING

    def _process(self, key: str) -> psutil.Process | None:
        try:
            noted, _ = read_document(self._work, key, Execution)
            process = psutil.Process(noted.pid)
            if process.create_time() != noted.created or process.status() == psutil.STATUS_ZOMBIE:
                return None
        except (NotFound, psutil.NoSuchProcess):
            return None
        except Damaged as error:
            # Nobody knows its process any more: the attempt counts as lost, and the next one does the work.
            get_logger().error("note of an execution cannot be read", error=error.message)
            return None
        return process


def _created(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:  # it ended at once; no living process has this time
        return 0.0


def _end(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, stubborn = psutil.wait_procs(processes, timeout=PATIENCE)
    for process in stubborn:
        process.kill()
