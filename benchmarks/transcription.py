"""Transcribing with the embedded models, as a fraction of the audio's length, and how that grows with the length.

python benchmarks/transcription.py [--minutes 5 60]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import wave
from dataclasses import dataclass
from pathlib import Path

from moonshine_voice.utils import get_assets_path

PAUSE_SECONDS = 2


@dataclass(frozen=True)
class Run:
    """One episode: seconds of audio, seconds on the clock and on the processors, and MB of memory at the peak."""

    audio: float
    clock: float
    processors: float
    peak: float


def long_speech(path: Path, minutes: float) -> float:
    """A recording of a person reading, again and again with pauses between; its length in seconds."""
    with wave.open(str(Path(get_assets_path(), "two_cities.wav"))) as reader:
        form = reader.getparams()
        once: bytes = reader.readframes(form.nframes) + bytes(
            PAUSE_SECONDS * form.framerate * form.sampwidth * form.nchannels
        )
    seconds_once: float = len(once) / (form.framerate * form.sampwidth * form.nchannels)
    times = max(1, round(minutes * 60 / seconds_once))
    with wave.open(str(path), "wb") as writer:
        writer.setparams(form)
        for _ in range(times):
            writer.writeframes(once)
    return times * seconds_once


def transcribe(folder: Path, minutes: float) -> Run:
    """Runs process-job on so much speech, as a program of its own."""
    path = folder / "speech.wav"
    seconds = long_speech(path, minutes)
    command = [sys.executable, "-m", "jobs.process", "--job-id=bench", f"--audio-file={path}", "--gcs-uri=bench"]
    started = time.perf_counter()
    # Its environment is ours, but for the data folder: nothing of this is to land among somebody's episodes.
    process = subprocess.Popen(
        command,
        env={**os.environ, "PODCAST_DATA": str(folder / "data"), "PODCAST_AI": "local"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    clock = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"process-job failed on {minutes:g} minutes of speech")
    return Run(seconds, clock, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> None:
    """Prints a line for each length, and how the last compares with the first."""
    parser = argparse.ArgumentParser(description="Local transcription against the length of the audio.")
    parser.add_argument("--minutes", type=float, nargs="+", default=[5, 60])
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for minutes in parser.parse_args().minutes:
            run = transcribe(Path(folder), minutes)
            runs.append(run)
            print(
                f"transcription of {run.audio / 60:.0f} min: {run.clock / run.audio:.3f} × its length on the clock, "
                f"{run.processors / run.audio:.3f} × on the processors, peak memory {run.peak:.0f} MB",
                flush=True,
            )
    first, last = runs[0], runs[-1]
    if last is not first:
        growth = (last.processors / first.processors) / (last.audio / first.audio)
        print(
            f"growth from {first.audio / 60:.0f} to {last.audio / 60:.0f} min: {growth:.2f} × linear, "
            f"memory {last.peak / first.peak:.2f} ×"
        )


if __name__ == "__main__":
    main()
