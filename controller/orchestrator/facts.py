"""What a decision is made from, and what it leads to: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.runner import ExecutionState
from shared.contract import FailedResult, Step, StepResult
from shared.errors import Failure
from shared.models import PodcastProcessingJob, StepProgress

Results = Mapping[tuple[str, int], StepResult | FailedResult]
"""What each attempt returned, by step and attempt number."""


@dataclass(frozen=True)
class Facts:
    """The world as far as one job goes.

    `execution` is that of the newest attempt of the current step, and was looked up before `results` were: a step
    keeps its result before it ends, so one that ended without a result really has none.
    """

    results: Results = field(default_factory=dict)
    execution: ExecutionState = ExecutionState.UNKNOWN
    has_slot: bool = False
    published_generation: int | None = None
    public_job: str | None = None
    """The job whose files are public, if the episode has any."""
    source_gone: bool = False
    """Whether the pinned source has expired."""
    reviewed: bool | Failure = True
    """Whether the show wants its episodes read before they are public; why not even that is known.

    Who has not looked must not let an upload start, so that is what is assumed.
    """
    edited_title: str | None = None
    """What people call the episode, where they do not call it as the model does."""
    time_limit: float | None = None
    """Seconds that the stack gives an attempt of the current step; what the contract says if absent."""
    jitter: float = 0.0
    """Between 0 and 1, drawn anew for each decision."""

    def success_of(self, step: Step, progress: StepProgress) -> tuple[int, StepResult] | None:
        """The newest success of any attempt that counts, with its number."""
        for attempt in range(progress.attempt, progress.counts_from - 1, -1):
            result = self.results.get((step.name, attempt))
            if result is not None and not isinstance(result, FailedResult):
                return attempt, result
        return None

    def failure_of(self, step: Step, progress: StepProgress) -> FailedResult | None:
        """The failure of the newest attempt."""
        result = self.results.get((step.name, progress.attempt))
        return result if isinstance(result, FailedResult) else None


@dataclass(frozen=True)
class StartStep:
    """Request this attempt of this step."""

    step: Step
    attempt: int


@dataclass(frozen=True)
class CancelStep:
    """Stop this attempt of this step."""

    step: Step
    attempt: int


@dataclass(frozen=True)
class FreeSlot:
    """The job waits for a person: others may go on meanwhile. Its marker stays."""


@dataclass(frozen=True)
class CloseBooks:
    """The job is at its end: free its slot and remove its marker."""


Action = StartStep | CancelStep | FreeSlot | CloseBooks


@dataclass(frozen=True)
class Decision:
    """What the job becomes, and what to do once that is stored. Every action is safe to repeat."""

    job: PodcastProcessingJob
    actions: tuple[Action, ...] = ()
