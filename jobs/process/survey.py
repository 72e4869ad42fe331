"""The first pass over a recording: how long it really is, how loud, and whether its end is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from jobs.containers import container_of
from jobs.decoding import Damage, audio_stream, decoded, opened
from jobs.loudness import LoudnessMeter
from jobs.promises import ends_inside_an_ogg_page, promised_seconds
from shared.models import Loudness


@dataclass(frozen=True)
class Survey:
    """What one pass told. Durations in seconds."""

    duration: float
    promised: float | None
    """By the headers; None where they do not say."""
    stops_inside: bool
    """The file ends in the middle of something it began."""
    loudness: Loudness


def survey(source: BinaryIO, name: str, tell: Callable[[float], None], *, longest: float) -> Survey:
    """Decodes the recording once, in memory that does not grow; stops early once it is longer than `longest` seconds.

    Args:
        source: seekable reader; it is left open.
        name: of the recording; its extension decides the demuxer.
        tell: is called with the seconds that were read.
        longest: seconds.

    Raises:
        UnusableAudio: it is not what its extension says, or it has no audio track.
    """
    meter, damage, samples, duration = LoudnessMeter(), Damage(), 0, 0.0
    with opened(source, name) as recording:
        stream = audio_stream(recording, name)
        promised = promised_seconds(source, stream, name)
        for frame in decoded(recording, stream, damage):
            meter.add(frame)
            samples += frame.samples
            duration = samples / frame.sample_rate
            tell(duration)
            if duration > longest:
                break
    cut = container_of(name).demuxer == "ogg" and ends_inside_an_ogg_page(source)
    return Survey(duration, promised, cut or damage.at_the_end, meter.loudness())
