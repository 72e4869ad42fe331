"""What earlier attempts of this step paid for the episode: the cap is for all of them together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pydantic import ValidationError

from jobs.process.checkpoints import read_checkpoint
from shared import workspace
from shared.ai.prices import add_costs
from shared.contract import PROCESS, FailedResult, ProcessResult
from shared.errors import Damaged, reasons_of
from shared.models import Cost
from shared.storage import ObjectStore


@dataclass(frozen=True)
class PaidBefore:
    """What earlier attempts paid.

    `told` is what their results say, in US dollars. `untold` are the costs of attempts that were killed before they
    could say anything, as far as checkpoints know them; who enters them into its own result tells them.
    """

    told: float = 0.0
    untold: list[Cost] = field(default_factory=list)

    @property
    def usd(self) -> float:
        """US dollars, all together."""
        return self.told + sum(cost.usd for cost in self.untold)


def paid_before(work: ObjectStore, job_id: str, attempt: int) -> PaidBefore:
    """What the attempts before this one paid. The first one, and work by hand, need no look.

    Raises:
        Damaged: the result of an earlier attempt cannot be read.
    """
    if attempt <= 1:
        return PaidBefore()
    told = {number: costs for number, costs in _results(work, job_id) if number < attempt}
    # Each result has in it what was untold when its attempt began, so only the attempts since the last one are open.
    killed = range(max(told, default=0) + 1, attempt)
    untold = [cost for number, cost in _kept(work, job_id) if number in killed]
    return PaidBefore(sum(cost.usd for costs in told.values() for cost in costs), add_costs(untold))


def _results(work: ObjectStore, job_id: str) -> list[tuple[int, list[Cost]]]:
    found = []
    for info in work.list(workspace.results_prefix(job_id)):
        step, attempt, _ = PurePosixPath(info.name).name.split(".")
        if step == PROCESS.name:
            found.append((int(attempt), _paid(info.name, work.read(info.name)[0])))
    return found


def _paid(name: str, content: bytes) -> list[Cost]:
    try:
        result = PROCESS.parse_result_json(content)
    except ValidationError as error:
        raise Damaged(
            f"{name} is not a result of {PROCESS.name}-job: {reasons_of(error)}",
            advice="Remove that file and retry; what that attempt paid is not counted then.",
        ) from error
    if isinstance(result, ProcessResult) and result.costs is None:
        return result.metadata.costs
    return (result.costs or []) if isinstance(result, ProcessResult | FailedResult) else []


def _kept(work: ObjectStore, job_id: str) -> list[tuple[int, Cost]]:
    chunks = (read_checkpoint(work, info.name) for info in work.list(workspace.chunks_prefix(job_id)))
    return [
        (attempt, cost)
        for chunk in chunks
        if chunk
        for attempt, costs in ((chunk.paid_by or 0, chunk.costs), *chunk.paid_earlier.items())
        for cost in costs
    ]
