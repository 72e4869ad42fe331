"""Three hours of speech heard by a model that thinks for twenty seconds, against the slowest chunk alone.

python -m benchmarks.vertex [--hours 3] [--thinks 20]

The model is the tests' scripted server, over real HTTP; the recording is decoded, cut, encoded, asked about, judged and
kept as process-job does it. Finding the speech and describing the episode come before and after, and are not measured.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from jobs.process.analysts import EARS_TOLERANCE, EARS_WORTH_HEARING_AGAIN, Listener
from jobs.process.checkpoints import Checkpoints
from jobs.process.chunks import plan_chunks
from jobs.process.listen import find_speech, hear_words
from jobs.process.samples import mono_blocks
from jobs.process.shelf import shelf
from jobs.process.speech import Span, total
from shared.ai import NO_VOICES, SAMPLE_RATE, Analyst, AudioChunk, HeardChunk, VertexAIClient
from shared.logger import configure_logging
from shared.models import Digest, Segment
from shared.show import ShowSettings
from shared.storage import FolderStore

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import support_audio
from support_servers.vertex import vertex
from support_vertex import DIGEST, HURRIED, Ears, client


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


def recording_of(folder: Path, seconds: float) -> tuple[Path, float]:
    """A person reading the same page again and again, and how long the page is."""
    page = support_audio.sample_path("two_cities")
    target = folder / "episode.flac"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", "-stream_loop", "-1", "-i", str(page)]
    subprocess.run([*command, "-t", str(seconds), "-ar", str(SAMPLE_RATE), "-ac", "1", str(target)], check=True)
    samples, rate = support_audio.recorded("two_cities")
    return target, len(samples) / rate


def speech_of(page: float, seconds: float) -> list[Span]:
    """Where somebody speaks in the recording: where they do on its page, again and again."""
    with support_audio.sample_path("two_cities").open("rb") as source:
        spans = find_speech(source, "page.wav", 1.0, page, lambda _: None).spans
    repeated = (
        Span(each.start + turn * page, each.end + turn * page) for turn in range(int(seconds / page)) for each in spans
    )
    return list(repeated)


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
    """Prints the ratio."""
    parser = argparse.ArgumentParser(description="Chunks heard side by side against the slowest of them.")
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument(
        "--thinks", type=float, default=20.0, help="seconds that the scripted model takes for an answer"
    )
    wanted = parser.parse_args()
    configure_logging()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        recording, page = recording_of(folder, wanted.hours * 3600)
        speech = speech_of(page, wanted.hours * 3600)
        ears = Ears(words_for(speech), DIGEST, "en")

        def slowly(asked: Any) -> Any:
            return replace(ears(asked), after=wanted.thinks)

        work = Bucket(folder / "work")
        plan = plan_chunks(speech, wanted.hours * 3600, VertexAIClient.longest_chunk_seconds)
        with vertex(slowly) as server, recording.open("rb") as source:
            timed = Timed(client(server.url, place=shelf(work, "bench"), patience=replace(HURRIED, read=600.0)))
            begun = time.perf_counter()
            heard = hear_words(
                source,
                recording.name,
                plan,
                1.0,
                speech,
                listener=listener_to(timed, VertexAIClient),
                checkpoints=Checkpoints(work, "bench", timed.made_by),
                tell=lambda _: None,
            )
            took = time.perf_counter() - begun
            begun = time.perf_counter()
            for _ in mono_blocks(source, recording.name, 1.0, size=SAMPLE_RATE):
                pass
            decoding = time.perf_counter() - begun
        if len(heard) != len(plan) or len(timed.seconds) != len(plan):
            raise SystemExit(f"{len(plan)} chunks planned, {len(timed.seconds)} asked about, {len(heard)} heard")
    ratio = took / max(timed.seconds)
    print(f"{wanted.hours:g} hours in {len(plan)} chunks, {total(speech) / 3600:.2f} of them speech")
    print(
        f"all chunks against the slowest one: {ratio:.2f} (at most 1.5), with a model that thinks {wanted.thinks:g} s"
    )
    print(f"one after the other it would have been {sum(timed.seconds) / max(timed.seconds):.1f}")
    print(f"decoding alone: {decoding / took:.2f} of the whole")
    print(
        f"peak memory, the scripted model included: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB"
    )


if __name__ == "__main__":
    main()
