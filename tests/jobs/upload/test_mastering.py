from __future__ import annotations

import pytest

from jobs.upload.mastering import (
    Treatment,
    acceptable,
    corrected,
    may_pass,
    sample_rate,
    target_lufs,
    treatment_for,
)
from shared.models import Loudness


def loud(lufs, peak):
    return Loudness(integrated_lufs=lufs, true_peak_dbtp=peak)


def test_mono_is_three_units_quieter_than_stereo():
    assert (target_lufs(1), target_lufs(2)) == (-19.0, -16.0)


@pytest.mark.parametrize(
    ("codec", "channels", "lufs", "peak", "passes"),
    [
        ("mp3float", 2, -16.9, -2.0, True),
        ("mp3", 1, -18.1, -9.0, True),
        ("mp3float", 2, -17.1, -5.0, False),
        ("mp3float", 2, -16.0, -1.9, False),
        ("mp3float", 1, -16.0, -5.0, False),
        ("aac", 2, -16.0, -5.0, False),
        ("mp2float", 2, -16.0, -5.0, False),
    ],
)
def test_only_an_mp3_at_its_target_passes(codec, channels, lufs, peak, passes):
    assert may_pass(codec, channels, loud(lufs, peak)) is passes


def test_a_gain_that_leaves_room_above_needs_no_limiter():
    assert treatment_for(loud(-30, -20), 2) == Treatment(gain_db=14.0, limit_dbtp=None)


def test_a_gain_that_would_pass_the_ceiling_is_limited_below_it():
    treatment = treatment_for(loud(-30, -10), 2)
    assert treatment.gain_db == 14.0
    assert treatment.limit_dbtp is not None
    assert treatment.limit_dbtp < -2


def test_a_finished_file_at_its_target_is_left_alone():
    assert corrected(Treatment(3.0, None), loud(-16.3, -2.4), 2) is None


def test_loudness_that_the_limiter_took_is_given_back():
    again = corrected(Treatment(14.0, -2.7), loud(-17.5, -2.5), 2)
    assert again == Treatment(gain_db=15.5, limit_dbtp=-2.7)


def test_a_peak_that_the_encoder_raised_lowers_the_limit_by_as_much():
    again = corrected(Treatment(14.0, -2.7), loud(-16.0, -1.5), 2)
    assert again is not None
    assert again.limit_dbtp == pytest.approx(-3.2)


def test_a_peak_over_the_ceiling_is_never_acceptable():
    assert acceptable(loud(-16, -2.0), 2)
    assert not acceptable(loud(-16, -1.99), 2)
    assert not acceptable(loud(-14.9, -3), 2)


@pytest.mark.parametrize(
    ("source", "target"), [(44_100, 44_100), (22_050, 44_100), (48_000, 48_000), (16_000, 48_000), (96_000, 48_000)]
)
def test_the_sample_rate_stays_in_its_family(source, target):
    assert sample_rate(source) == target
