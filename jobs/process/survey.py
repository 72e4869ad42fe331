"""The first pass over a recording: how long it really is, how loud, and whether its end is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from jobs.containers import container_of
from jobs.decoding import Damage, audio_stream, decoded, opened
from jobs.loudness import LoudnessMeter
from jobs.promises import ends_inside_an_ogg_page, promised_seconds
from jobs.tags import title_of
from shared.models import Loudness


@dataclass(frozen=True)
class Survey:
    """What one pass told. Durations in seconds."""

    duration: float
    promised: float | None
    """By the headers; None where they do not say."""
    stops_inside: bool
    """Without any promise, the file shows that it ends in the middle of something it began."""
    loudness: Loudness
    title: str | None
    """As the recording's own tags say."""


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
        title = title_of(recording, stream)
    return Survey(
        duration=int(duration * 1000) / 1000,
        promised=promised,
        stops_inside=promised is None and _stops_inside(source, name, damage),
        loudness=meter.loudness(),
        title=title,
    )


def _stops_inside(source: BinaryIO, name: str, damage: Damage) -> bool:
    match container_of(name).demuxer:
        case "ogg":
            return ends_inside_an_ogg_page(source)
        case "mp3":
            # Tags and padding after the last frame of an MP3 look like damage, and are none.
            return False
        case _:
            return damage.at_the_end
