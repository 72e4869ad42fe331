"""What every runner promises."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from shared.contract import Step


class ExecutionState(StrEnum):
    """What a runner knows of one attempt of one step."""

    UNKNOWN = "unknown"
    RUNNING = "running"
    ENDED = "ended"


class Runner(Protocol):
    """Starts attempts and knows whether they still run. What they achieved stands in the work bucket, not here."""

    def start(self, step: Step, job_id: str, attempt: int, arguments: Sequence[str]) -> None:
        """Requests the attempt and returns without waiting for it; safe to repeat.

        Raises TransientError where it could not be requested.
        """
        ...

    def state(self, step: Step, job_id: str, attempt: int) -> ExecutionState:
        """Whether the attempt runs. UNKNOWN means that it was never started, as far as anybody knows."""
        ...

    def cancel(self, step: Step, job_id: str, attempt: int) -> None:
        """Stops the attempt if it still runs."""
        ...
