"""Who listens: the analyst that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jobs.process.samples import Samples
from shared.ai import Analyst
from shared.config import Settings
from shared.errors import PermanentError


@dataclass(frozen=True)
class Listener:
    """An analyst, and what it says of a language before it has heard an hour of it."""

    analyst: Analyst
    refuse_language: Callable[[str, Sequence[Samples]], None]
    """Takes the recording's name and windows of its speech; raises PermanentError for a language it does not know."""
    longest_chunk: float
    """Seconds that the analyst hears at once."""


def listener_for(settings: Settings) -> Listener:
    """Builds the analyst; loads no model yet.

    Raises:
        PermanentError: this version has no such analyst.
    """
    if settings.ai == "local":
        from jobs.process.local.analyst import (  # noqa: PLC0415 - only if asked for
            LONGEST_CHUNK,
            LocalAnalyst,
            refuse_unless_english,
        )

        return Listener(LocalAnalyst(), refuse_unless_english, LONGEST_CHUNK)
    raise PermanentError(
        f"PODCAST_AI is {settings.ai!r}, and the cloud parts that it needs are not in this version",
        advice="Set PODCAST_AI=local, which hears English without an account.",
    )
