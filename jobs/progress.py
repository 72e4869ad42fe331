"""How far a step is, for people who wait: a small file in the work bucket, written at most once a second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from shared import workspace
from shared.logger import get_logger
from shared.models.progress import StepNote
from shared.storage import ObjectStore

INTERVAL = timedelta(seconds=1)


class Progress:
    """Call it with the share that is done (0 to 1) and what is being done now."""

    def __init__(self, work: ObjectStore | None, job_id: str, step: str, *, now: Callable[[], datetime]) -> None:
        self._work = work
        self._job_id = job_id
        self._step = step
        self._now = now
        self._last: datetime | None = None

    def __call__(self, fraction: float, note: str) -> None:
        """Tells how far the step is. Costs nothing when called often."""
        now = self._now()
        if self._last is not None and now - self._last < INTERVAL:
            return
        self._last = now
        get_logger().info("progress", fraction=round(fraction, 3), note=note)
        if self._work is not None:
            told = StepNote(step=self._step, fraction=min(1.0, max(0.0, fraction)), note=note, at=now)
            self._work.write(workspace.progress_key(self._job_id), told.model_dump_json().encode())
