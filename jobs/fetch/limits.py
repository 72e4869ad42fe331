"""How long an episode may be."""

from __future__ import annotations

from shared.errors import UnusableAudio

SECONDS_AN_HOUR = 3600


def check_length(name: str, seconds: float | None, longest_hours: float) -> None:
    """Refuses a recording whose headers say that it is too long; those that say nothing are measured later.

    Raises:
        UnusableAudio: it is longer than the show allows.
    """
    if seconds is None or seconds <= longest_hours * SECONDS_AN_HOUR:
        return
    raise UnusableAudio(
        f"{name} is {seconds / SECONDS_AN_HOUR:.1f} hours long, and the show's episodes end at {longest_hours:g} hours",
        advice="Cut it into parts, or raise longest_episode_hours in the show's settings.",
    )
