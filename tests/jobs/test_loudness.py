"""The loudness meter, against signals of known loudness, and the containers' first bytes."""

import numpy as np
import pytest
import support_audio as audio

from jobs.loudness import GATE_LUFS, LOWEST_PEAK_DBTP, measure_loudness


def measured(tmp_path, samples, extension="wav", **settings):
    path = audio.write_audio(tmp_path / f"t.{extension}", samples, 48_000, **settings)
    with path.open("rb") as source:
        return measure_loudness(source, path.name)


@pytest.mark.parametrize("decibels", [-23, -33])
def test_the_sine_of_ebu_tech_3341_has_its_loudness(tmp_path, decibels):
    # Test case 1 and 2: a stereo sine of 1 kHz at −23 dBFS on both channels is −23.0 ± 0.1 LUFS.
    samples = audio.tone(20, 48_000, 1_000, level=10 ** (decibels / 20))
    found = measured(tmp_path, samples, channels=2)
    assert found.integrated_lufs == pytest.approx(decibels, abs=0.1)
    assert found.true_peak_dbtp == pytest.approx(decibels, abs=0.2)


def test_a_peak_between_samples_is_found(tmp_path):
    # Test case 15 of EBU Tech 3341: a quarter of the sample rate, 45 degrees off, peaks 3 dB over its samples.
    time = np.arange(48_000) / 48_000
    samples = (0.5 * np.sin(2 * np.pi * 12_000 * time + np.pi / 4)).astype(np.float32)
    assert max(abs(samples)) < 0.36
    assert measured(tmp_path, samples).true_peak_dbtp == pytest.approx(-6, abs=0.4)


@pytest.mark.parametrize("extension", audio.FORMATS)
def test_every_kind_can_be_measured(tmp_path, extension):
    samples = audio.tone(3, 48_000, 1_000, level=0.1)
    assert measured(tmp_path, samples, extension).integrated_lufs == pytest.approx(-23, abs=0.7)


def test_silence_before_the_first_sound_changes_nothing(tmp_path):
    tone = audio.tone(5, 48_000, 1_000)
    quiet_first = np.concatenate([audio.silence(5, 48_000), tone])
    assert measured(tmp_path, quiet_first).integrated_lufs == pytest.approx(
        measured(tmp_path, tone).integrated_lufs, abs=0.2
    )


def test_silence_is_at_the_gate(tmp_path):
    found = measured(tmp_path, audio.silence(3, 48_000))
    assert (found.integrated_lufs, found.true_peak_dbtp) == (GATE_LUFS, LOWEST_PEAK_DBTP)
