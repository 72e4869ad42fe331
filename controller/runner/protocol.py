"""What every runner promises."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from shared.contract import Step
from shared.errors import TransientError


class ExecutionState(StrEnum):
    """What a runner knows of one attempt of one step."""

    UNKNOWN = "unknown"
    RUNNING = "running"
    ENDED = "ended"


class RunnerUnavailable(TransientError):
    """Whoever starts the steps could not be asked just now. The record is safe; the sweep asks again."""


class Runner(Protocol):
    """Starts attempts and knows whether they still run. What they achieved stands in the work bucket, not here."""

    def start(self, step: Step, job_id: str, attempt: int, arguments: Sequence[str]) -> None:
        """Requests the attempt and returns without waiting for it; safe to repeat.

        Raises RunnerUnavailable where it could not be requested just now, PermanentError where it never can be.
        """
        ...

    def state(self, step: Step, job_id: str, attempt: int) -> ExecutionState:
        """Whether the attempt runs. UNKNOWN means that it was never started, as far as anybody knows.

        Raises RunnerUnavailable where that could not be found out.
        """
        ...

    def cancel(self, step: Step, job_id: str, attempt: int) -> None:
        """Stops the attempt if it still runs."""
        ...
