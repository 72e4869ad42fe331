"""Places in a recording as people write them: h:mm:ss."""

from __future__ import annotations

import re
from typing import Final

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
WRITTEN: Final = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,6}(?:\.\d{1,3})?)")


def parse_time(text: str) -> float | None:
    """Seconds of `1:02:03`, `62:03`, `3723` or `1:02:03.5`; None where the text is no time."""
    # Full-width digits and colons come from a Japanese keyboard, spaces from anywhere.
    found = WRITTEN.fullmatch(text.strip().replace("：", ":"))
    if found is None:
        return None
    hours, minutes, seconds = (0.0 if part is None else float(part) for part in found.groups())
    if (found[2] is not None and seconds >= MINUTE) or (found[1] is not None and minutes >= MINUTE):
        return None
    return hours * HOUR + minutes * MINUTE + seconds


def show_time(seconds: float) -> str:
    """The place to the second, always with its hour: 0:00:07."""
    whole = max(0, int(seconds))
    return f"{whole // HOUR}:{whole % HOUR // MINUTE:02}:{whole % MINUTE:02}"
