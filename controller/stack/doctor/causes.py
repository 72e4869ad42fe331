"""Why an execution failed, told from what Cloud Run says of it and of its task.

Cloud Run's words for memory: "The configured memory limit was reached.", with signal 9 and no exit code, and in the log
"Memory limit of … exceeded" (https://cloud.google.com/run/docs/configuring/memory-limits); for time: "The configured
timeout was reached.", in the log "Terminating task because it has reached the maximum timeout of …"
(https://cloud.google.com/run/docs/configuring/task-timeout).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from controller.stack.doctor.starting import keeps_from_starting

KILLED: Final = 9
KILLED_AS_EXIT_CODE: Final = 128 + KILLED
"""How a shell tells a signal; the kernel sends this one where memory runs out."""
OWN_FAILURE: Final = 1
"""With this our programs end after they have said what went wrong (jobs/job.py)."""

_MEMORY = re.compile(r"memory limit|out of memory|oom", re.IGNORECASE)
_TIME = re.compile(r"configured timeout|maximum timeout|timed out|deadline exceeded", re.IGNORECASE)


class Cause(StrEnum):
    """Why one failed."""

    CANCELLED = "cancelled"
    MEMORY = "out of memory"
    TIME = "out of time"
    START = "did not start"
    OWN = "an error of its own"
    OTHER = "for a reason that Cloud Run gives in words alone"


@dataclass(frozen=True)
class Run:
    """One execution."""

    name: str
    created: datetime
    ended: bool = True
    failed: bool = False
    reasons: Collection[str] = ()
    """Names of Cloud Run's reasons, of all its conditions."""
    words: str = ""
    """All that Cloud Run says of it and its task."""
    exit_code: int = 0
    signal: int = 0
    memory: str = ""
    timeout_seconds: int = 0
    arguments: Collection[str] = field(default=(), repr=False)
    creator: str = ""
    completed_condition: bool = True
    """Whether a condition of the type `Completed` is among its conditions."""


def cause_of(run: Run) -> Cause:
    """Why this failed execution failed."""
    if "CANCELLED" in run.reasons:
        return Cause.CANCELLED
    if _MEMORY.search(run.words):
        return Cause.MEMORY
    if _TIME.search(run.words):
        return Cause.TIME
    if run.signal == KILLED or run.exit_code == KILLED_AS_EXIT_CODE:
        return Cause.MEMORY
    if keeps_from_starting(run.reasons, run.words):
        return Cause.START
    return Cause.OWN if run.exit_code == OWN_FAILURE else Cause.OTHER
