"""One chunk: loops and lost stretches are heard again; checkpoints serve whom they belong to."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from jobs.process.checkpoints import Checkpoints
from jobs.process.recognise import recognise
from jobs.process.speech import Span
from shared.ai import NO_VOICES, SAMPLE_RATE, AudioChunk, HeardChunk, Unheard
from shared.errors import PermanentError, PodcastError, TransientError
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

    def digest(
        self,
        transcript: Sequence[Segment],
        *,
        language: str,
        show: ShowSettings,
        voices: Mapping[str, str] = NO_VOICES,
    ) -> Digest:
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


# ------------------------------------------------- when a stretch cannot be heard again

SPEECH = [Span(100, 1000)]
REFUSED = PermanentError("the model refused to go on", advice="Listen to that stretch.")
BUSY = TransientError("the model is busy", retry_after=30.0)


class Refusing(Scripted):
    """Hears a chunk but for its gaps, about which it fails."""

    def __init__(self, gaps: Sequence[Span], error: PodcastError | None) -> None:
        super().__init__(lambda part: PROSE)
        self._gaps = gaps
        self._error = error

    def transcribe(self, chunk: AudioChunk) -> HeardChunk:
        heard = super().transcribe(chunk)
        if chunk.duration < 800:
            if self._error:
                raise self._error
            return heard.model_copy(update={"segments": many_words(chunk.start, chunk.end)})
        bounds = [chunk.start, *(bound for gap in self._gaps for bound in (gap.start, gap.end)), chunk.end]
        stretches = zip(bounds[::2], bounds[1::2], strict=True)
        return heard.model_copy(
            update={"segments": [each for start, end in stretches for each in many_words(start, end)]}
        )


def many_words(start: float, end: float) -> list[Segment]:
    starts = [start + 10 * n for n in range(int((end - start) / 10) + 1)]
    return [Segment(start=each, end=min(each + 10, end), text=f"{PROSE} {each}") for each in starts if each < end]


@pytest.mark.parametrize("error", [REFUSED, BUSY])
def test_a_gap_that_cannot_be_heard_again_costs_no_chunk_whose_words_are_enough(error, capfd):
    analyst, kept = Refusing([Span(500, 505)], error), list[HeardChunk]()
    heard = recognise(analyst, chunk(900, start=100), SPEECH, worth_hearing_again=3.0, keep=kept.append)
    assert analyst.asked == [(100, 1000), (499.8, 505.2)]
    assert sum(each.end - each.start for each in heard.segments) == pytest.approx(895)
    assert (heard.finished, kept[-1]) == (True, heard)
    told = "".join(capfd.readouterr())
    assert "a stretch could not be heard" in told
    assert "8:19" in told
    assert error.message in told


@pytest.mark.parametrize("error", [REFUSED, BUSY])
def test_where_too_much_is_missing_the_error_comes_through_and_a_rerun_pays_only_for_the_gap(error):
    analyst, kept = Refusing([Span(500, 700)], error), list[HeardChunk]()
    with pytest.raises(type(error), match=error.message) as raised:
        recognise(analyst, chunk(900, start=100), SPEECH, worth_hearing_again=3.0, keep=kept.append)
    assert raised.value.advice == error.advice
    assert raised.value.to_failure().retry_after == error.to_failure().retry_after
    assert not kept[-1].finished
    again = Refusing([], None)
    heard = recognise(again, chunk(900, start=100), SPEECH, worth_hearing_again=3.0, begun=kept[-1], keep=kept.append)
    assert again.asked == [(499.8, 700.2)]
    assert heard.finished
    assert kept[-1] == heard
    assert heard.costs == [Cost(model="m", usd=1.0)]


def test_the_first_hearing_is_kept_before_anything_is_asked_again():
    kept: list[HeardChunk] = []

    class Killed(Refusing):
        def transcribe(self, chunk: AudioChunk) -> HeardChunk:
            if chunk.duration < 800:
                assert [len(each.segments) > 80 for each in kept] == [True]
                raise KeyboardInterrupt
            return super().transcribe(chunk)

    with pytest.raises(KeyboardInterrupt):
        recognise(Killed([Span(500, 505)], None), chunk(900, start=100), SPEECH, keep=kept.append)
    assert not kept[0].finished


def test_a_service_in_trouble_is_asked_about_one_gap_and_one_that_refuses_about_all():
    gaps = [Span(300, 310), Span(500, 505), Span(700, 705)]
    asked = []
    for error in (BUSY, REFUSED):
        analyst = Refusing(gaps, error)
        recognise(analyst, chunk(900, start=100), SPEECH, worth_hearing_again=3.0)
        asked.append(len(analyst.asked))
    assert asked == [2, 4]


def test_a_stretch_that_the_analyst_itself_could_not_hear_is_not_asked_about_again():
    class Halves(Refusing):
        def transcribe(self, chunk: AudioChunk) -> HeardChunk:
            why = Unheard(start=500.0, end=700.0, failure=REFUSED.to_failure())
            return super().transcribe(chunk).model_copy(update={"unheard": [why]})

    analyst, kept = Halves([Span(500, 700)], None), list[HeardChunk]()
    with pytest.raises(PermanentError, match=REFUSED.message):
        recognise(analyst, chunk(900, start=100), SPEECH, worth_hearing_again=3.0, keep=kept.append)
    assert analyst.asked == [(100, 1000)]
    assert (kept[-1].unheard, kept[-1].finished) == ([], False), "the next attempt asks about it"
    assert len(kept[-1].segments) > 60


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


def test_a_checkpoint_says_which_attempt_paid_what(tmp_path):
    work = FolderStore(tmp_path)
    first, gap = Cost(model="m", usd=0.5), Cost(model="m", usd=0.25)
    heard = HeardChunk(number=3, start=0, end=20, segments=[], language="en", finished=False, costs=[first])
    Checkpoints(work, "job", "a script", 1).keep(heard)
    second = Checkpoints(work, "job", "a script", 2)
    again = second.of(3, Span(0, 20))
    assert again is not None
    assert (again.costs, again.paid_earlier, again.finished) == ([], {1: [first]}, False)
    second.keep(again.model_copy(update={"costs": [gap], "finished": True}))
    last = Checkpoints(work, "job", "a script", 3).of(3, Span(0, 20))
    assert last is not None
    assert (last.costs, last.paid_earlier, last.all_costs) == ([], {1: [first], 2: [gap]}, [first, gap])


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
