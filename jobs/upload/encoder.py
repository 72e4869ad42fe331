"""From samples to MP3: FFmpeg applies the treatment and encodes, fed through a pipe."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import imageio_ffmpeg

from jobs.upload.mastering import Treatment
from jobs.upload.pcm import SAMPLE_BYTES
from shared.errors import TransientError

LIMITER_RATE = 192_000
"""Hz. Between two samples at 48 kHz a peak can hide; at four times the rate it shows (ITU-R BS.1770-5, annex 2)."""
LAST_WORDS = 500
"""Characters of FFmpeg's complaint that go into a message."""


def encode_mp3(
    samples: Iterable[bytes], target: Path, *, sample_rate: int, channels: int, kbit: int, treatment: Treatment
) -> float:
    """Writes the samples (interleaved float32) as MP3 with a constant bit rate and without tags.

    Returns:
        Seconds of audio that went in.

    Raises:
        TransientError: FFmpeg stopped, for want of disk or memory as a rule; carries its last words.
    """
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-hide_banner", "-nostdin", "-loglevel", "error", "-y"),
        *("-f", "f32le", "-ar", str(sample_rate), "-ac", str(channels), "-i", "pipe:0"),
        *("-af", filter_chain(treatment, sample_rate)),
        *("-c:a", "libmp3lame", "-b:a", f"{kbit}k", "-abr", "0", "-ar", str(sample_rate)),
        *("-map_metadata", "-1", "-id3v2_version", "0", "-bitexact", "-f", "mp3", str(target)),
    ]
    # A file for the complaints: a pipe nobody reads would fill and stop FFmpeg.
    with tempfile.TemporaryFile() as complaints:
        ffmpeg = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints)
        try:
            fed = _feed(ffmpeg, samples)
        except BaseException:
            ffmpeg.kill()
            raise
        finally:
            ffmpeg.wait()
        if ffmpeg.returncode:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip()[-LAST_WORDS:]
            raise TransientError(
                f"FFmpeg could not make the MP3 (exit {ffmpeg.returncode}): {said or 'it gave no reason'}",
                advice="Look whether disk and memory suffice; plain samples are nothing that FFmpeg refuses.",
            )
    return fed / SAMPLE_BYTES / channels / sample_rate


def _feed(ffmpeg: subprocess.Popen[bytes], samples: Iterable[bytes]) -> int:
    """Writes all samples and the end of the input; the number of bytes that were written."""
    assert ffmpeg.stdin is not None  # noqa: S101 - the caller asked for it
    fed = 0
    try:
        with ffmpeg.stdin as pipe:
            for block in samples:
                pipe.write(block)
                fed += len(block)
    except BrokenPipeError:
        # FFmpeg has stopped; its exit code and its last words say why.
        return fed
    return fed


def filter_chain(treatment: Treatment, sample_rate: int) -> str:
    """The treatment in FFmpeg's words."""
    gain = f"volume={treatment.gain_db:.3f}dB:precision=float"
    if treatment.limit_dbtp is None:
        return gain
    ceiling = 10 ** (treatment.limit_dbtp / 20)
    limiter = f"alimiter=limit={ceiling:.5f}:attack=5:release=50:level=disabled:latency=1"
    return f"{gain},aresample={LIMITER_RATE},{limiter},aresample={sample_rate}"
