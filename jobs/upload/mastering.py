"""How loud an episode becomes: decisions over measurements, no audio in here.

Targets are those of the Audio Engineering Society's TD1008 and of the large directories for speech: −16 LUFS in
stereo, −19 LUFS in mono (the same to the ear, since one channel plays from two speakers), true peak at most −2 dBTP.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.models import Loudness

STEREO_LUFS = -16.0
MONO_LUFS = -19.0
TOLERANCE_LU = 1.0
CEILING_DBTP = -2.0

ENCODER_HEADROOM_DB = 0.7
"""What MP3 encoding may add to a peak; measured on speech, and corrected where it adds more."""
GOOD_ENOUGH_LU = 0.8
"""A finished file this near to its target is not made anew: nobody hears the rest, and an hour takes minutes."""
CORRECTIONS = 3
"""How often a finished file that missed is made anew. One is the rule; a single knock far louder than the speech hides
the speech from the first measurements, and takes more."""

STEREO_KBIT = 128
MONO_KBIT = 96


@dataclass(frozen=True)
class Treatment:
    """What is done to the samples: a gain, and a true-peak limiter where the gain alone would pass the ceiling."""

    gain_db: float
    limit_dbtp: float | None


def target_lufs(channels: int) -> float:
    """The integrated loudness that an episode of so many channels gets."""
    return MONO_LUFS if channels == 1 else STEREO_LUFS


def bit_rate(channels: int) -> int:
    """kbit/s of the finished MP3."""
    return MONO_KBIT if channels == 1 else STEREO_KBIT


def sample_rate(source: int) -> int:
    """Hz of the finished MP3: 44,100 for sources of that family, 48,000 for all others."""
    return 44_100 if source % 11_025 == 0 else 48_000


def may_pass(codec: str, channels: int, loudness: Loudness) -> bool:
    """Whether the source is an MP3 that is as it should be already, so that its frames are not touched."""
    return codec in {"mp3", "mp3float"} and channels in {1, 2} and acceptable(loudness, channels)


def acceptable(loudness: Loudness, channels: int) -> bool:
    """Whether audio of this loudness may be published."""
    off = abs(loudness.integrated_lufs - target_lufs(channels))
    return off <= TOLERANCE_LU and loudness.true_peak_dbtp <= CEILING_DBTP


def treatment_for(loudness: Loudness, channels: int) -> Treatment:
    """What brings a source of this loudness to its target."""
    gain = target_lufs(channels) - loudness.integrated_lufs
    highest = CEILING_DBTP - ENCODER_HEADROOM_DB
    too_high = loudness.true_peak_dbtp + gain > highest
    return Treatment(gain_db=gain, limit_dbtp=highest if too_high else None)


def corrected(treatment: Treatment, finished: Loudness, channels: int) -> Treatment | None:
    """What to do instead, seen how the finished file turned out; None where it is good."""
    missing = target_lufs(channels) - finished.integrated_lufs
    over = finished.true_peak_dbtp - CEILING_DBTP
    if abs(missing) <= GOOD_ENOUGH_LU and over <= 0:
        return None
    limit = treatment.limit_dbtp
    if over > 0 or (missing > 0 and limit is None):
        highest = CEILING_DBTP - ENCODER_HEADROOM_DB
        limit = (highest if limit is None else limit) - max(0.0, over)
    return Treatment(gain_db=treatment.gain_db + missing, limit_dbtp=limit)
