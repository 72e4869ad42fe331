"""Three hours of speech heard by a model that thinks for twenty seconds, against the slowest chunk alone.

python -m benchmarks.vertex [--hours 3] [--thinks 20]

The model is the tests' scripted server, over real HTTP; the recording is decoded, cut, encoded, asked about, judged and
kept as process-job does it. Two ratios: of the chunks alone, and of the whole step, which measures the recording and
looks for speech before the first question and asks one more afterwards, about the whole transcript.
"""

from __future__ import annotations

import argparse
import math
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import imageio_ffmpeg

from jobs.process.analysts import EARS_TOLERANCE, EARS_WORTH_HEARING_AGAIN, Listener
from jobs.process.checkpoints import Checkpoints
from jobs.process.chunks import plan_chunks
from jobs.process.listen import find_speech, hear_words
from jobs.process.samples import gain_for, mono_blocks
from jobs.process.shelf import shelf
from jobs.process.speech import Span, total
from jobs.process.survey import survey
from shared.ai import NO_VOICES, SAMPLE_RATE, Analyst, AudioChunk, HeardChunk, VertexAIClient
from shared.logger import configure_logging
from shared.models import Digest, Segment
from shared.show import ShowSettings
from shared.storage import FolderStore

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import support_audio
from support_servers.vertex import vertex
from support_vertex import DIGEST, HURRIED, Ears, client

Made = TypeVar("Made")


class Bucket(FolderStore):
    """A folder that says of itself what a bucket in the cloud says."""

    def location(self, name: str) -> str:
        """A URI that the scripted model takes."""
        return f"gs://podcast-work/{name}"


class Timed:
    """An analyst, and how long each of its chunks took."""

    def __init__(self, analyst: VertexAIClient) -> None:
        self._analyst = analyst
        self._lock = threading.Lock()
        self.seconds: list[float] = []

    @property
    def made_by(self) -> str:
        """As the analyst says."""
        return self._analyst.made_by

    def transcribe(self, chunk: AudioChunk) -> HeardChunk:
        """As the analyst does."""
        begun = time.perf_counter()
        heard = self._analyst.transcribe(chunk)
        with self._lock:
            self.seconds.append(time.perf_counter() - begun)
        return heard

    def digest(
        self,
        transcript: Sequence[Segment],
        *,
        language: str,
        show: ShowSettings,
        voices: Mapping[str, str] = NO_VOICES,
    ) -> Digest:
        """As the analyst does."""
        return self._analyst.digest(transcript, language=language, show=show, voices=voices)


class Watch:
    """How long each part of the work took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, name: str, work: Callable[[], Made]) -> Made:
        """What the work gives; its seconds are written down."""
        begun = time.perf_counter()
        made = work()
        self.seconds[name] = time.perf_counter() - begun
        return made


def ignore(_: float) -> None:
    """Nobody follows a bench."""


def recording_of(folder: Path, seconds: float) -> Path:
    """A person reading the same page again and again."""
    page = support_audio.sample_path("two_cities")
    target = folder / "episode.flac"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", "-stream_loop", "-1", "-i", str(page)]
    subprocess.run([*command, "-t", str(seconds), "-ar", str(SAMPLE_RATE), "-ac", "1", str(target)], check=True)
    return target


def words_for(speech: Sequence[Span]) -> list[tuple[float, float, str | None, str]]:
    """Words for each span of speech, in turn from a page that does not repeat itself too soon."""
    words = re.findall(r"\w+", support_audio.TWO_CITIES)
    said: list[tuple[float, float, str | None, str]] = []
    for number, span in enumerate(speech):
        first = number * 7 % len(words)
        count = max(1, round(span.duration * 2.5))
        said.append((span.start, span.end, "Reader", " ".join((words + words)[first : first + count]) + f" {number}."))
    return said


def listener_to(analyst: Analyst, limits: type[VertexAIClient]) -> Listener:
    """As process-job works with the analyst."""
    return Listener(
        analyst,
        refuse_language=lambda *_: None,
        longest_chunk=limits.longest_chunk_seconds,
        chunks_abreast=limits.parallel_chunks,
        tolerance=EARS_TOLERANCE,
        worth_hearing_again=EARS_WORTH_HEARING_AGAIN,
    )


def main() -> None:
    """Prints the ratios."""
    parser = argparse.ArgumentParser(description="Chunks heard side by side against the slowest of them.")
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument(
        "--thinks", type=float, default=20.0, help="seconds that the scripted model takes for an answer"
    )
    wanted = parser.parse_args()
    configure_logging()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        recording = recording_of(folder, wanted.hours * 3600)
        work, watch = Bucket(folder / "work"), Watch()
        with recording.open("rb") as source:
            found = watch("measured", lambda: survey(source, recording.name, ignore, longest=math.inf))
            gain = gain_for(found.loudness)
            speech = watch(
                "listened for speech", lambda: find_speech(source, recording.name, gain, found.duration, ignore)
            ).spans
            plan = plan_chunks(speech, found.duration, VertexAIClient.longest_chunk_seconds)
            ears = Ears(words_for(speech), {**DIGEST, "speakers": [], "chapters": []}, "en")
            with vertex(lambda asked: replace(ears(asked), after=wanted.thinks)) as server:
                analyst = client(server.url, place=shelf(work, "bench"), patience=replace(HURRIED, read=600.0))
                timed = Timed(analyst)
                heard = watch(
                    "heard",
                    lambda: hear_words(
                        source,
                        recording.name,
                        plan,
                        gain,
                        speech,
                        listener=listener_to(timed, VertexAIClient),
                        checkpoints=Checkpoints(work, "bench", timed.made_by),
                        tell=ignore,
                    ),
                )
                segments = [segment for chunk in heard for segment in chunk.segments]
                watch("described", lambda: timed.digest(segments, language="en", show=ShowSettings()))
            decoding = Watch()
            decoding(
                "decoded",
                lambda: sum(1 for _ in mono_blocks(source, recording.name, 1.0, size=SAMPLE_RATE)),
            )
        if len(heard) != len(plan) or len(timed.seconds) != len(plan):
            raise SystemExit(f"{len(plan)} chunks planned, {len(timed.seconds)} asked about, {len(heard)} heard")
    slowest, took = max(timed.seconds), watch.seconds["heard"]
    whole = sum(watch.seconds.values())
    shares = ", ".join(f"{name} {seconds / whole:.0%}" for name, seconds in watch.seconds.items())
    print(f"{wanted.hours:g} hours in {len(plan)} chunks, {total(speech) / 3600:.2f} of them speech")
    print(
        f"all chunks against the slowest one: {took / slowest:.2f} (at most 1.5), with a model that thinks "
        f"{wanted.thinks:g} s"
    )
    print(f"the whole step against the slowest chunk: {whole / slowest:.2f} ({shares})")
    print(f"one after the other it would have been {sum(timed.seconds) / slowest:.1f}")
    print(f"decoding alone: {decoding.seconds['decoded'] / took:.2f} of hearing all chunks")
    print(
        f"peak memory, the scripted model included: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB"
    )


if __name__ == "__main__":
    main()
