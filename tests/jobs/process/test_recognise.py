"""One chunk: loops and lost stretches are heard again; checkpoints serve whom they belong to."""

from collections.abc import Callable, Sequence

import numpy as np

from jobs.process.checkpoints import Checkpoints
from jobs.process.recognise import recognise
from jobs.process.speech import Span
from shared.ai import SAMPLE_RATE, AudioChunk, HeardChunk
from shared.models import Cost, Digest, Segment
from shared.show import ShowSettings
from shared.storage import FolderStore

LOOP = "of the law " * 60
PROSE = "We met at the harbour before sunrise, and nobody spoke until the boat had left the pier behind."


class Scripted:
    """An analyst that says what it is told to say, and remembers what it was asked."""

    made_by = "a script"

    def __init__(self, say: Callable[[AudioChunk], str]) -> None:
        self._say = say
        self.asked: list[tuple[float, float]] = []

    def transcribe(self, chunk: AudioChunk) -> HeardChunk:
        self.asked.append((round(chunk.start, 3), round(chunk.end, 3)))
        words = Segment(start=chunk.start, end=chunk.end, text=self._say(chunk))
        return HeardChunk(
            number=chunk.number,
            start=chunk.start,
            end=chunk.end,
            segments=[words],
            language="en",
            costs=[Cost(model="m", usd=0.5)],
        )

    def digest(self, transcript: Sequence[Segment], *, language: str, show: ShowSettings) -> Digest:
        raise AssertionError("nobody asks for a digest here")


def chunk(seconds: float, start: float = 0.0) -> AudioChunk:
    return AudioChunk(3, start, np.zeros(int(seconds * SAMPLE_RATE), np.float32))


def words(heard: HeardChunk) -> str:
    return " ".join(segment.text for segment in heard.segments)


def test_a_chunk_that_is_heard_well_is_heard_once():
    analyst = Scripted(lambda part: PROSE)
    heard = recognise(analyst, chunk(20, start=100), [Span(102, 110)])
    assert analyst.asked == [(100, 120)]
    assert words(heard) == PROSE


def test_a_loop_is_heard_again_in_smaller_pieces():
    analyst = Scripted(lambda part: LOOP if part.duration > 20 else PROSE)
    heard = recognise(analyst, chunk(60, start=60), [Span(60, 74), Span(75, 89), Span(90, 104), Span(105, 120)])
    pieces = analyst.asked[1:]
    assert words(heard) == " ".join([PROSE] * len(pieces))
    assert (pieces[0][0], pieces[-1][1]) == (60, 120)
    assert all(0 < end - start <= 15 for start, end in pieces)
    # Every call is paid for, those in vain too.
    assert heard.costs == [Cost(model="m", usd=0.5 * len(analyst.asked))]


def test_a_piece_that_loops_still_has_no_words():
    analyst = Scripted(lambda part: LOOP if part.start < 30 else PROSE)
    heard = recognise(analyst, chunk(60), [Span(0, 14), Span(15, 29), Span(30.1, 44), Span(45, 60)])
    assert "law" not in words(heard)
    assert PROSE in words(heard)


def test_a_stretch_without_words_is_heard_again_by_itself():
    analyst = Scripted(lambda part: "" if part.duration > 20 else PROSE)
    heard = recognise(analyst, chunk(60, start=60), [Span(70, 80)])
    assert analyst.asked == [(60, 120), (69.5, 80.5)]
    assert words(heard) == PROSE


# ------------------------------------------------------------ checkpoints


def test_a_checkpoint_serves_the_same_stretch_and_the_same_analyst(tmp_path):
    work = FolderStore(tmp_path)
    heard = HeardChunk(number=3, start=0, end=20, segments=[Segment(start=1, end=2, text="hello")], language="en")
    Checkpoints(work, "job", "a script").keep(heard)
    assert (tmp_path / "chunks" / "job" / "003.json").exists()
    again = Checkpoints(work, "job", "a script").of(3, Span(0, 20))
    assert again is not None
    assert again.segments == heard.segments
    assert Checkpoints(work, "job", "a script").of(3, Span(0, 20.001)) is None
    assert Checkpoints(work, "job", "another analyst").of(3, Span(0, 20)) is None
    assert Checkpoints(work, "another job", "a script").of(3, Span(0, 20)) is None


def test_a_checkpoint_that_cannot_be_read_is_none(tmp_path):
    work = FolderStore(tmp_path)
    work.write("chunks/job/003.json", b'{"half": ')
    assert Checkpoints(work, "job", "a script").of(3, Span(0, 20)) is None


def test_a_damaged_checkpoint_never_tells_the_log_what_was_said(tmp_path, capfd):
    work = FolderStore(tmp_path)
    secret = "a word that only listeners may hear"
    work.write("chunks/job/003.json", f'{{"segments": "{secret}"}}'.encode())
    assert Checkpoints(work, "job", "a script").of(3, Span(0, 20)) is None
    written = "".join(capfd.readouterr())
    assert "a checkpoint cannot be read" in written
    assert secret not in written


def test_without_a_record_nothing_is_kept():
    checkpoints = Checkpoints(None, "job", "a script")
    checkpoints.keep(HeardChunk(number=3, start=0, end=20, segments=[], language="en"))
    assert checkpoints.of(3, Span(0, 20)) is None
