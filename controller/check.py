"""One thing that a doctor looked at, and how it is told: the laptop's doctor and the cloud's speak alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from shared.redaction import redacted


@dataclass(frozen=True)
class Check:
    """What was found."""

    subject: str
    found: str
    fine: bool | None = True
    """None where it could not be tested; `found` says why then."""
    fix: str | None = None
    """What mends it: a command, or a sentence that names the setting."""


_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}


def report(checks: Sequence[Check], console: Console) -> bool:
    """Prints each check as a line, its fix below it; whether none of them found a fault."""
    for check in checks:
        mark, colour = _MARKS[check.fine]
        found = check.found if check.fine is not None else f"could not be tested, because {check.found}"
        # Lines are never broken: a command must be fit to be copied.
        console.print(Text.assemble((mark, colour), f" {check.subject}: {redacted(found)}"), soft_wrap=True)
        if check.fix:
            console.print(Text(f"  → {redacted(check.fix)}", style="yellow"), soft_wrap=True)
    return all(check.fine is not False for check in checks)
