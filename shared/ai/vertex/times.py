"""Times as models write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

CLOCK: Final = re.compile(r"(?:(?P<h>\d{1,2}):)?(?P<m>\d{1,3}):(?P<s>[0-5]?\d)(?:[.,](?P<f>\d{1,3}))?")


@dataclass(frozen=True)
class Moment:
    """A time, and how finely it was given; both in seconds."""

    seconds: float
    step: float


def read_moment(text: str) -> Moment | None:
    """`MM:SS`, `MM:SS.t`, `H:MM:SS` and `H:MM:SS.mmm`; None for anything else.

    A bare number is no time: whether `1.30` means 1.3 s or a minute and a half, only its writer knows.
    """
    found = CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = (int(found[part] or 0) for part in "hms")
    fraction = found["f"] or ""
    step = 10.0 ** -len(fraction)
    return Moment(hours * 3600 + minutes * 60 + seconds + int(fraction or 0) * step, step)
