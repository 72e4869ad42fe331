"""What a step is given, for tests that call it in their own process."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from jobs.job import JobContext
from jobs.progress import Progress
from shared.config import LocalSettings


def context_in(data: Path, *, ai: str = "local") -> JobContext:
    """A step's context whose folders lie under `data`; its progress is kept nowhere."""
    settings = LocalSettings.model_validate({"data": data, "ai": ai})
    return JobContext(settings=settings, progress=Progress(None, "job", "test", now=lambda: datetime.now(UTC)))
