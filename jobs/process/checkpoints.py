"""One checkpoint a chunk: what was heard once is not heard, nor paid for, again."""

from __future__ import annotations

from pydantic import ValidationError

from jobs.process.speech import Span
from shared import workspace
from shared.ai import HeardChunk
from shared.ai.prices import add_costs
from shared.errors import NotFound, reasons_of
from shared.logger import get_logger
from shared.storage import ObjectStore


class Checkpoints:
    """The checkpoints of one job. Without a store, as by hand and without a record, there are none.

    Args:
        work: where they lie.
        job_id: whose they are.
        made_by: the analyst whose words they hold.
        attempt: that pays for what is kept from now on.
    """

    def __init__(self, work: ObjectStore | None, job_id: str, made_by: str, attempt: int = 0) -> None:
        self._work = work
        self._job_id = job_id
        self._made_by = made_by
        self._attempt = attempt

    def of(self, number: int, stretch: Span) -> HeardChunk | None:
        """What this analyst heard before in this very stretch, paid earlier; None where nothing is kept of it."""
        if self._work is None:
            return None
        heard = read_checkpoint(self._work, workspace.chunk_key(self._job_id, number))
        if heard is None:
            return None
        same = (_milliseconds(heard.start, heard.end), heard.made_by) == (
            _milliseconds(stretch.start, stretch.end),
            self._made_by,
        )
        return _as_paid_earlier(heard) if same else None

    def keep(self, heard: HeardChunk) -> None:
        """Keeps what was heard."""
        if self._work is not None:
            mine = heard.model_copy(update={"made_by": self._made_by, "paid_by": self._attempt})
            key = workspace.chunk_key(self._job_id, heard.number)
            self._work.write(key, mine.model_dump_json().encode(), content_type="application/json")


def read_checkpoint(work: ObjectStore, key: str) -> HeardChunk | None:
    """The checkpoint as it was kept; None where there is none, or none that can be read."""
    try:
        return HeardChunk.model_validate_json(work.read(key)[0])
    except NotFound:
        return None
    except ValidationError as error:
        get_logger().warning("a checkpoint cannot be read; hearing its chunk again", key=key, reason=reasons_of(error))
        return None


def _as_paid_earlier(heard: HeardChunk) -> HeardChunk:
    if heard.paid_by is None:
        return heard
    earlier = add_costs([*heard.paid_earlier.get(heard.paid_by, []), *heard.costs])
    return heard.model_copy(update={"costs": [], "paid_earlier": {**heard.paid_earlier, heard.paid_by: earlier}})


def _milliseconds(start: float, end: float) -> tuple[int, int]:
    return round(start * 1000), round(end * 1000)
