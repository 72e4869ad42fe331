"""What every analyst promises; one suite over every implementation, on real human speech."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import support_audio as audio
from support_servers.vertex import vertex
from support_vertex import DIGEST, Ears, client

from jobs.process.local.analyst import LocalAnalyst
from jobs.process.shelf import shelf
from shared.ai import SAMPLE_RATE, Analyst, AudioChunk, HeardChunk
from shared.models import Digest, Segment
from shared.show import ShowSettings
from shared.storage import FolderStore

START = 600.0
SECONDS = 30.0
SHOW = ShowSettings()


def speech() -> AudioChunk:
    """Half a minute of somebody reading, as the eleventh minute of an episode."""
    samples, rate = audio.recorded("two_cities")
    times = np.arange(int(SECONDS * SAMPLE_RATE)) * rate / SAMPLE_RATE
    return AudioChunk(7, START, np.interp(times, np.arange(len(samples)), samples).astype(np.float32))


class Bucket(FolderStore):
    def location(self, name: str) -> str:
        return f"gs://podcast-work/{name}"


@pytest.fixture(scope="module", params=["local", "vertex"])
def analyst(request, tmp_path_factory) -> Iterator[Analyst]:
    if request.param == "local":
        yield LocalAnalyst()
        return
    sentences = re.findall(r"[^,.]+[,.]", " ".join(audio.TWO_CITIES.split()))[:12]
    said = [(START + 1 + 2.4 * n, START + 3.2 + 2.4 * n, None, text.strip()) for n, text in enumerate(sentences)]
    told = {**DIGEST, "chapters": [{"start": "0:10:00", "title": "The best and the worst"}]}
    with vertex(Ears(said, told, "en")) as server:
        asking = client(server.url, place=shelf(Bucket(tmp_path_factory.mktemp("work")), "job"))
        yield asking
        asking.close()


@pytest.fixture(scope="module")
def heard(analyst: Analyst) -> HeardChunk:
    return analyst.transcribe(speech())


@pytest.fixture(scope="module")
def digest(analyst: Analyst, heard: HeardChunk) -> Digest:
    return analyst.digest(heard.segments, language=heard.language, show=SHOW)


def test_the_answer_is_about_the_chunk_that_was_asked_about(heard) -> None:
    assert (heard.number, heard.start, heard.end) == (7, START, START + SECONDS)


def test_there_are_words_and_their_language(heard) -> None:
    assert "the age of wisdom" in " ".join(each.text for each in heard.segments).lower()
    assert heard.language == "en"
    assert all(each.text.strip() == each.text != "" for each in heard.segments)


def test_times_grow_and_stay_inside_the_chunk(heard) -> None:
    assert all(START <= each.start < each.end <= START + SECONDS for each in heard.segments)
    assert all(before.end <= after.start for before, after in pairwise(heard.segments))


def test_no_segment_is_longer_than_half_a_minute(heard) -> None:
    assert all(each.end - each.start <= 30.0 for each in heard.segments)


def test_hearing_is_charged_to_a_model(heard) -> None:
    assert heard.costs
    assert all(cost.model and cost.usd >= 0 for cost in heard.costs)


def test_an_answer_survives_its_checkpoint(heard) -> None:
    assert HeardChunk.model_validate_json(heard.model_dump_json()) == heard


def test_a_digest_says_what_the_episode_is_about(digest) -> None:
    assert digest.title.strip()
    assert digest.summary.strip()
    assert digest.keywords
    assert len({each.casefold() for each in digest.keywords}) == len(digest.keywords)


def test_chapters_start_in_order_where_somebody_speaks(digest, heard) -> None:
    starts = [each.start for each in digest.chapters]
    assert starts == sorted(set(starts))
    assert set(starts) <= {0.0, *(each.start for each in heard.segments)}
    assert all(each.title.strip() for each in digest.chapters)


def test_every_analyst_says_what_made_its_words_and_nothing_of_who_checked_them(analyst, heard) -> None:
    assert re.match(r"Moonshine tiny-en|gemini-", analyst.made_by)
    assert "checked" not in analyst.made_by


def test_a_single_word_can_be_described(analyst) -> None:
    told = analyst.digest([Segment(start=600.0, end=601.0, text="Hello.")], language="en", show=SHOW)
    assert told.title
    assert told.summary
