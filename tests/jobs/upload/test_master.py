"""Real speech through the real encoder, measured on the finished file."""

from __future__ import annotations

import subprocess

import av
import imageio_ffmpeg
import numpy as np
import pytest
from support_upload import speech, tone, write_wav

from jobs.loudness import measure_loudness
from jobs.upload.master import master
from jobs.upload.mp3 import audio_range
from shared.errors import UnusableAudio

SECONDS = 12


def some_speech():
    samples, rate = speech()
    return samples[: SECONDS * rate], rate


def mastered(path, tmp_path, **options):
    (tmp_path / "out").mkdir()
    told = []
    with path.open("rb") as source:
        options = {"measured": None, "expected_duration": SECONDS} | options
        result = master(
            source, path.name, tmp_path / "out", report=lambda share, note: told.append((share, note)), **options
        )
        with result.file:
            result.file.seek(0)
            content = result.file.read()
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    return result, content


def measured(content, tmp_path):
    finished = tmp_path / "finished.mp3"
    finished.write_bytes(content)
    with av.open(str(finished), format="mp3") as container:
        stream = container.streams.audio[0]
        layout = (stream.codec_context.channels, stream.codec_context.sample_rate)
    return measure_file(finished), *layout


def measure_file(path):
    with path.open("rb") as reader:
        return measure_loudness(reader, path.name)


def bit_rates(content, tmp_path):
    """The bit rate that each MPEG frame says in its header (ISO/IEC 11172-3, layer III)."""
    path = tmp_path / "frames.mp3"
    path.write_bytes(content)
    table = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    with av.open(str(path), format="mp3") as container:
        return {table[bytes(packet)[2] >> 4] for packet in container.demux(audio=0) if packet.size}


def to_mp3(wav, mp3, *options):
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", "-i", wav, *options, mp3], check=True)
    return mp3


def test_quiet_mono_speech_becomes_19_lufs_mono_at_a_constant_bit_rate(tmp_path):
    samples, rate = some_speech()
    result, content = mastered(write_wav(tmp_path / "quiet.wav", samples * 0.05, rate), tmp_path)
    loudness, channels, out_rate = measured(content, tmp_path)
    assert not result.untouched
    assert channels == 1
    assert out_rate in {44_100, 48_000}
    assert loudness.integrated_lufs == pytest.approx(-19, abs=1)
    assert loudness.true_peak_dbtp <= -2
    assert bit_rates(content, tmp_path) == {96}
    assert result.duration == pytest.approx(SECONDS, abs=0.01)
    assert result.loudness.integrated_lufs == pytest.approx(loudness.integrated_lufs, abs=0.01)


def test_loud_clipped_stereo_becomes_16_lufs_stereo_below_the_ceiling(tmp_path):
    samples, rate = some_speech()
    clipped = np.clip(np.stack([samples * 30, samples * 25], axis=1), -1, 1)
    _, content = mastered(write_wav(tmp_path / "loud.wav", clipped, rate), tmp_path)
    loudness, channels, _ = measured(content, tmp_path)
    assert channels == 2
    assert loudness.integrated_lufs == pytest.approx(-16, abs=1)
    assert loudness.true_peak_dbtp <= -2
    assert bit_rates(content, tmp_path) == {128}


def test_quiet_speech_with_a_loud_knock_is_limited_and_still_reaches_its_loudness(tmp_path):
    samples, rate = some_speech()
    knock = samples / np.abs(samples).max() * 0.15
    knock[5 * rate : 5 * rate + 200] = 0.98 * np.sign(np.sin(np.arange(200)))
    _, content = mastered(write_wav(tmp_path / "knock.wav", knock, rate), tmp_path)
    loudness, _, _ = measured(content, tmp_path)
    assert loudness.integrated_lufs == pytest.approx(-19, abs=1)
    assert loudness.true_peak_dbtp <= -2


def test_more_than_two_channels_are_mixed_down_to_stereo(tmp_path):
    samples, rate = some_speech()
    surround = np.stack([samples * level for level in (0.2, 0.2, 0.6, 0.0, 0.1, 0.1)], axis=1)
    _, content = mastered(write_wav(tmp_path / "surround.wav", surround, rate), tmp_path)
    loudness, channels, _ = measured(content, tmp_path)
    assert channels == 2
    assert loudness.integrated_lufs == pytest.approx(-16, abs=1)


def test_an_mp3_that_is_as_it_should_be_passes_with_its_frames_byte_for_byte(tmp_path):
    samples, rate = some_speech()
    wav = write_wav(tmp_path / "source.wav", samples, rate)
    good = tmp_path / "good.mp3"
    # Compressed hard, speech reaches −19 LUFS with its peaks far below the ceiling.
    chain = "acompressor=threshold=0.02:ratio=20:attack=1:release=50:makeup=4,aresample=44100"
    loudness = measure_file(to_mp3(wav, tmp_path / "once.mp3", "-af", chain))
    chain += f",volume={-19 - loudness.integrated_lufs}dB"
    tags = ("-metadata", "title=Old title", "-write_id3v1", "1")
    to_mp3(wav, good, "-af", chain, "-ar", "44100", "-b:a", "64k", *tags)
    before = good.read_bytes()
    result, content = mastered(good, tmp_path)
    assert result.untouched
    assert content == before
    with good.open("rb") as reader:
        start, end = audio_range(reader)
    assert start > 0, "the file came with an ID3v2 tag"
    assert end == len(before) - 128, "and with an ID3v1 tag"
    assert result.duration == pytest.approx(SECONDS, abs=0.1)


def test_an_mp3_that_is_too_quiet_is_mastered_like_anything_else(tmp_path):
    samples, rate = some_speech()
    quiet = to_mp3(write_wav(tmp_path / "s.wav", samples * 0.1, rate), tmp_path / "quiet.mp3")
    result, content = mastered(quiet, tmp_path)
    assert not result.untouched
    assert measured(content, tmp_path)[0].integrated_lufs == pytest.approx(-19, abs=1)


def test_the_same_source_gives_the_same_bytes(tmp_path):
    path = write_wav(tmp_path / "tone.wav", tone(3), 48_000)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert mastered(path, tmp_path / "a")[1] == mastered(path, tmp_path / "b")[1]


def test_a_text_called_wav_is_refused(tmp_path):
    path = tmp_path / "notes.wav"
    path.write_text("these are notes " * 100)
    with pytest.raises(UnusableAudio, match=r"notes\.wav"):
        mastered(path, tmp_path)
