"""What is said when a step ends, and who takes it along."""

from __future__ import annotations

from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field


class Signal(BaseModel):
    """A step of this job has ended. It says nothing about how: that stands in the work bucket."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str = Field(min_length=1)
    step: str


class Signals(Protocol):
    """Takes signals to the controller, at least once and in any order."""

    def send(self, signal: Signal) -> None:
        """Sends it.

        Raises:
            TransientError: it may not have arrived.
            PermanentError: it was refused, and the next one will be too.
        """
        ...
