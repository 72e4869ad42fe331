"""Opening and decoding a recording with PyAV, by a fixed demuxer, as a stream of frames of one shape.

FFmpeg's errors are translated here and nowhere else. Sources are seekable binary readers, never paths: in the cloud
they read ranges of an object, and no demuxer is given the means to open another file.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from jobs.containers import BYTES_TO_RECOGNISE, container_of, refuse_disguise
from shared.errors import UnusableAudio

FrameShape: TypeAlias = tuple[str, str, int]
"""Sample format, channel layout and sample rate."""


@contextmanager
def opened(source: BinaryIO, name: str) -> Iterator[InputContainer]:
    """The recording, open for reading.

    Args:
        source: seekable reader; it is left open.
        name: of the recording; its extension decides the demuxer.

    Raises:
        UnusableAudio: it is empty, or it is not what its extension says.
    """
    container = container_of(name)
    if source.seek(0, io.SEEK_END) == 0:
        raise UnusableAudio(
            f"{name} is empty: 0 bytes",
            advice="Check whether the copy was interrupted, and drop the file again.",
        )
    source.seek(0)
    refuse_disguise(name, source.read(BYTES_TO_RECOGNISE))
    source.seek(0)
    # The whitelists are a second lock: this demuxer and no protocol, whatever the file asks for.
    options = {"format_whitelist": container.demuxer, "protocol_whitelist": "none"}
    try:
        recording = av.open(source, mode="r", format=container.demuxer, options=options, metadata_errors="replace")
    except av.FFmpegError as error:
        raise UnusableAudio(
            f"{name} cannot be read as {container.title}: it is no recording, or it was cut off before its index",
            advice="Play the file from start to end; if that fails, export it again.",
        ) from error
    with closing(recording):
        yield recording


def audio_stream(recording: InputContainer, name: str) -> AudioStream:
    """The recording's first audio track.

    Raises:
        UnusableAudio: it has none.
    """
    for stream in recording.streams.audio:
        if stream.codec_context.sample_rate > 0 and stream.codec_context.channels > 0:
            return stream
    if recording.streams.video:
        raise UnusableAudio(
            f"{name} is a video without an audio track",
            advice="Export the recording with its sound, or as audio alone.",
        )
    raise UnusableAudio(
        f"{name} is a {container_of(name).title} file without an audio track",
        advice="Export the recording again, and drop that file.",
    )


@dataclass
class Damage:
    """What could not be decoded: how many packets, and whether the last of them was one of those."""

    packets: int = 0
    at_the_end: bool = False


def decoded(
    recording: InputContainer, stream: AudioStream, damage: Damage, *, shape: FrameShape | None = None
) -> Iterator[av.AudioFrame]:
    """All frames of the track, in one shape: that of the first frame if none is asked for.

    A packet that cannot be decoded is skipped and counted in `damage`, as players do. An end of file in the middle of
    something ends the frames and counts as damage at the end.
    """
    resampler: av.AudioResampler | None = None
    resampled: FrameShape | None = None
    for frame in _frames(recording, stream, damage):
        found = (frame.format.name, frame.layout.name, frame.sample_rate)
        shape = shape or found
        if resampler is None and found == shape:
            yield frame
            continue
        if resampler is None or found != resampled:
            if resampler is not None:
                yield from resampler.resample(None)
            # An MP3 may change between mono and stereo on its way, and swr takes one shape only.
            resampler, resampled = av.AudioResampler(format=shape[0], layout=shape[1], rate=shape[2]), found
        # Timestamps of damaged files jump; samples simply follow each other here.
        frame.pts = None
        yield from resampler.resample(frame)
    if resampler is not None:
        yield from resampler.resample(None)


def _frames(recording: InputContainer, stream: AudioStream, damage: Damage) -> Iterator[av.AudioFrame]:
    packets = recording.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError:
            damage.packets += 1
            damage.at_the_end = True
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            damage.packets += 1
            damage.at_the_end = True
            continue
        if frames:
            damage.at_the_end = False
        yield from frames
