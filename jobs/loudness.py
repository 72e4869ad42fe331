"""How loud a recording is: EBU R 128 integrated loudness and true peak, measured by FFmpeg's own meter.

Source: EBU Tech 3341 (integrated loudness with its gates), ITU-R BS.1770-5 annex 2 (true peak).
"""

from __future__ import annotations

import math
from typing import BinaryIO

import av
from av.filter import Graph
from av.filter.context import FilterContext

from jobs.decoding import Damage, audio_stream, decoded, opened
from shared.models import Loudness

GATE_LUFS = -70.0
"""The absolute gate: what is never louder than this has no integrated loudness, and is reported as this."""

LOWEST_PEAK_DBTP = -120.0
"""Stands for digital silence, which has no peak in decibels."""


class LoudnessMeter:
    """Takes frames of one shape one after the other, in memory that does not grow."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._input: FilterContext | None = None
        self._output: FilterContext | None = None
        self._newest: dict[str, str] = {}

    def add(self, frame: av.AudioFrame) -> None:
        """Measures a further frame; its samples are not changed."""
        if self._input is None:
            if not frame.to_ndarray().any():
                # Digital silence before the first sound passes no gate; hours of it need no metering.
                return
            self._connect(frame)
        assert self._input is not None  # noqa: S101 - connected above
        self._input.push(frame)
        self._drain()

    def loudness(self) -> Loudness:
        """Of all frames so far. The meter takes no further frame after it."""
        if self._input is not None:
            self._input.push(None)
            self._drain()
        peak = float(self._newest.get("lavfi.r128.true_peak", "0"))
        integrated = float(self._newest.get("lavfi.r128.I", GATE_LUFS))
        return Loudness(
            integrated_lufs=max(GATE_LUFS, integrated) if math.isfinite(integrated) else GATE_LUFS,
            true_peak_dbtp=max(LOWEST_PEAK_DBTP, 20 * math.log10(peak)) if peak > 0 else LOWEST_PEAK_DBTP,
        )

    def _connect(self, frame: av.AudioFrame) -> None:
        graph = Graph()
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=frame.time_base,
        )
        meter = graph.add("ebur128", "metadata=1:peak=true:framelog=quiet")
        sink = graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        graph.configure()
        self._graph, self._input, self._output = graph, source, sink

    def _drain(self) -> None:
        assert self._output is not None  # noqa: S101 - only called once connected
        while True:
            try:
                measured = self._output.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            # The last frame may be too short to carry a measurement.
            self._newest = measured.metadata or self._newest


def measure_loudness(source: BinaryIO, name: str) -> Loudness:
    """Of the whole recording, streaming.

    Args:
        source: seekable reader; it is left open.
        name: of the recording; its extension decides the demuxer.

    Raises:
        UnusableAudio: it cannot be read, or has no audio track.
    """
    meter = LoudnessMeter()
    with opened(source, name) as recording:
        for frame in decoded(recording, audio_stream(recording, name), Damage()):
            meter.add(frame)
    return meter.loudness()
