"""Mastering, once: measure, treat, verify the finished file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from mutagen.mp3 import MP3, BitrateMode

from jobs.loudness import measure_loudness
from jobs.upload import mastering, pcm
from jobs.upload.encoder import encode_mp3
from shared.logger import get_logger
from shared.models import Loudness

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Master:
    """The finished audio: `file` is the source itself or the new MP3, without the tags it will get."""

    file: BinaryIO
    duration: float
    """Seconds."""
    untouched: bool
    loudness: Loudness


def master(
    source: BinaryIO,
    name: str,
    folder: Path,
    *,
    measured: Loudness | None,
    expected_duration: float,
    report: Report,
) -> Master:
    """The source as it will be published; the caller closes the file.

    Args:
        source: seekable; stays open.
        name: its file name, which says by which demuxer it is read.
        folder: where a new MP3 may be written.
        measured: the source's loudness, where somebody measured it already.
        expected_duration: seconds, for progress, and for an MP3 that does not know how long it is.
        report: is told how far it is.

    Raises:
        UnusableAudio: the source cannot be decoded.
    """
    form = pcm.format_of(source, name)
    channels = min(form.channels, 2)
    if measured is None or form.channels > channels:
        # The loudness of more than two channels says little about their mix; verifying the result corrects it.
        report(0.0, "measuring loudness")
        measured = measure_loudness(source, name)
    if mastering.may_pass(form.codec, form.channels, measured):
        return Master(source, _length(source, expected_duration), untouched=True, loudness=measured)
    rate = mastering.sample_rate(form.sample_rate)
    treatment = mastering.treatment_for(measured, channels)
    target = folder / "audio.mp3"
    for turn in range(1 + mastering.CORRECTIONS):
        blocks = pcm.samples(source, name, sample_rate=rate, channels=channels)
        told = _telling(blocks, rate * channels * pcm.SAMPLE_BYTES, expected_duration, report, turn)
        duration = encode_mp3(
            told,
            target,
            sample_rate=rate,
            channels=channels,
            kbit=mastering.bit_rate(channels),
            treatment=treatment,
        )
        with target.open("rb") as finished:
            loudness = measure_loudness(finished, target.name)
        better = mastering.corrected(treatment, loudness, channels)
        if better is None or turn == mastering.CORRECTIONS:
            break
        treatment = better
    if not mastering.acceptable(loudness, channels):
        get_logger().warning(
            "the recording does not reach its loudness even with a limiter",
            integrated_lufs=loudness.integrated_lufs,
            true_peak_dbtp=loudness.true_peak_dbtp,
        )
    return Master(target.open("rb"), duration, untouched=False, loudness=loudness)


def _length(source: BinaryIO, expected: float) -> float:
    source.seek(0)
    info: Any = MP3(source).info
    # Without a Xing or VBRI header mutagen guesses from the first frame, and whoever decoded it knows better.
    known = info.bitrate_mode in {BitrateMode.CBR, BitrateMode.VBR, BitrateMode.ABR}
    return float(info.length) if known else expected


def _telling(
    blocks: Iterator[bytes], bytes_a_second: int, duration: float, report: Report, turn: int
) -> Iterator[bytes]:
    note = "mastering the audio" if turn == 0 else "mastering the audio again, nearer to its loudness"
    done = 0
    for block in blocks:
        done += len(block)
        share = min(1.0, done / bytes_a_second / duration)
        # Nobody knows how many turns there will be: each takes half of what is left.
        report(1 - (1 - share / 2) / 2**turn, note)
        yield block
