"""Probes: each looks at one thing and finds one of three, and none hides what another one finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from controller.check import Check
from controller.stack.doctor.asking import CONSUMER, DISABLED, NOT_FOR_YOU, Unanswered, unanswered
from shared.errors import PodcastError

AT_ONCE: Final = 8
"""Probes under way at once: quick enough, and far below any quota of Google's."""


@dataclass(frozen=True)
class Finding:
    """What a probe found; see `Check` for the fields."""

    found: str
    fine: bool | None = True
    fix: str | None = None


def fault(found: str, fix: str) -> Finding:
    """Something is wrong, and `fix` mends it."""
    return Finding(found, fine=False, fix=fix)


def untested(because: str, fix: str | None = None) -> Finding:
    """Nobody could find out; `because` completes "could not be tested, because …"."""
    return Finding(because, fine=None, fix=fix)


@dataclass(frozen=True)
class Probe:
    """One line of the doctor's.

    Args:
        subject: what is looked at.
        look: finds out. A PodcastError that it raises means that nobody could.
        needs: the role without which an operator is refused the look.
    """

    subject: str
    look: Callable[[], Finding]
    needs: str = "roles/viewer"


def run(probes: Sequence[Probe], *, grant: Callable[[str], str]) -> list[Check]:
    """All checks, in the order of the probes.

    Args:
        probes: what to look at; several at once.
        grant: the command that gives whoever asks the role.
    """
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doctor") as pool:
        findings = list(pool.map(lambda probe: _look(probe, grant), probes))
    return [
        Check(probe.subject, finding.found, finding.fine, finding.fix)
        for probe, finding in zip(probes, findings, strict=True)
    ]


def _look(probe: Probe, grant: Callable[[str], str]) -> Finding:
    try:
        return probe.look()
    except PodcastError as error:
        return _not_found_out(unanswered(error), probe.needs, grant)


def _not_found_out(error: Unanswered, needs: str, grant: Callable[[str], str]) -> Finding:
    if error.reason == DISABLED:
        return untested(f"{error.message}: the API is switched off")
    if error.status == HTTPStatus.FORBIDDEN:
        role = CONSUMER if error.reason == NOT_FOR_YOU else needs
        return untested(error.message, error.advice or f"Have an owner of the project run: {grant(role)}")
    return untested(error.message, error.advice)
