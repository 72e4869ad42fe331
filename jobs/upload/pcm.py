"""Decoding for mastering: any source as a stream of samples, a few frames in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from jobs.decoding import Damage, audio_stream, decoded, opened

SAMPLE_BYTES = 4
"""Of one float32."""


@dataclass(frozen=True)
class SourceFormat:
    """What a source is, as its headers say. `sample_rate` in Hz."""

    codec: str
    sample_rate: int
    channels: int


def format_of(source: BinaryIO, name: str) -> SourceFormat:
    """What the source is. Raises UnusableAudio."""
    with opened(source, name) as recording:
        context = audio_stream(recording, name).codec_context
        return SourceFormat(context.codec.name, context.sample_rate, context.channels)


def samples(source: BinaryIO, name: str, *, sample_rate: int, channels: int) -> Iterator[bytes]:
    """The source as interleaved float32 in the machine's byte order, resampled and mixed down as asked.

    Raises:
        UnusableAudio: it cannot be decoded.
    """
    shape = ("flt", "mono" if channels == 1 else "stereo", sample_rate)
    with opened(source, name) as recording:
        for frame in decoded(recording, audio_stream(recording, name), Damage(), shape=shape):
            # The plane is padded; only the samples count.
            yield bytes(frame.planes[0])[: frame.samples * channels * SAMPLE_BYTES]
