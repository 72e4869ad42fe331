"""What process-job refuses before it listens: recordings that are cut off, silent, too long or without speech."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from jobs.loudness import GATE_LUFS
from jobs.process.clock import clock
from jobs.process.speech import Span
from jobs.process.survey import Survey
from shared.errors import UnusableAudio

SLACK_SECONDS: Final = 1.0
SLACK_SHARE: Final = 0.01
"""How much shorter than promised a whole recording may be: encoders count their padding in different ways."""

AUDIBLE_PEAK_DBTP: Final = -50.0
"""A recording too short to have a loudness is silent only below this peak."""


def refuse_unfit(name: str, found: Survey, longest_hours: float) -> None:
    """Refuses what its survey shows to be no episode.

    Raises:
        UnusableAudio: too long, without any sound in it, cut off, or silent from end to end; each says so.
    """
    if found.duration > longest_hours * 3600:
        raise UnusableAudio(
            f"{name} is longer than {longest_hours:g} hours, where the show's episodes end",
            advice="Cut it into parts, or raise longest_episode_hours in the show's settings.",
        )
    if found.duration <= 0:
        raise UnusableAudio(
            f"{name} has headers but not a moment of sound behind them",
            advice="Export the recording again, and drop that file.",
        )
    if found.promised is not None and found.duration < found.promised - max(
        SLACK_SECONDS, SLACK_SHARE * found.promised
    ):
        raise UnusableAudio(
            f"{name} is truncated: its headers promise {clock(found.promised)}, and it ends at {clock(found.duration)}",
            advice="Copy or export the whole recording again, and drop that file.",
        )
    if found.stops_inside:
        raise UnusableAudio(
            f"{name} is truncated: it stops at {clock(found.duration)} in the middle of a block of sound",
            advice="Copy or export the whole recording again, and drop that file.",
        )
    if found.loudness.integrated_lufs <= GATE_LUFS and found.loudness.true_peak_dbtp <= AUDIBLE_PEAK_DBTP:
        raise UnusableAudio(
            f"{name} is silent from end to end ({clock(found.duration)})",
            advice="Check that the right input or track was recorded, and drop the recording again.",
        )


def refuse_wordless(name: str, speech: Sequence[Span], duration: float) -> None:
    """Refuses a recording in which nobody speaks.

    Raises:
        UnusableAudio: no speech was heard.
    """
    if not speech:
        raise UnusableAudio(
            f"{name} has sound, but nobody is heard speaking in all of its {clock(duration)}",
            advice="An episode needs speech: check that the microphone's track is in the recording.",
        )
