"""The embedded digest says nothing that was not said."""

import random
from itertools import pairwise

import pytest
import support_audio as audio

from jobs.process.local.chapters import SHORTEST_CHAPTER
from jobs.process.local.digest import digest_of
from jobs.process.local.keywords import without_near_duplicates
from jobs.process.local.minutes import minutes_of
from jobs.process.local.summary import best_sentences, summary_of
from jobs.process.local.titles import LONGEST_TITLE, title_of
from jobs.process.local.words import sentences
from shared.models import Segment

TOPICS = {
    "bees": "hive queen honey bees worker pollen swarm nectar comb beekeeper",
    "bread": "dough yeast flour oven bread crust loaf baker sourdough kneading",
    "rails": "train track engine signal station railway carriage driver timetable platform",
}
FRAMES = (
    "The {} and the {} matter more than most people think.",
    "When you look at the {}, you also have to look at the {}.",
    "I remember how my uncle first showed me a {} beside the {}.",
    "Without a good {} there would never be any {} at all.",
    "Some say that the {} is older than the {}, but nobody knows.",
)


def talk(*topics: str, minutes_each: float) -> list[Segment]:
    """A conversation that moves from topic to topic, a sentence every six seconds."""
    draw = random.Random(7)
    segments: list[Segment] = []
    for topic in topics:
        for _ in range(int(minutes_each * 10)):
            start = 6.0 * len(segments)
            text = draw.choice(FRAMES).format(*draw.sample(TOPICS[topic].split(), 2))
            segments.append(Segment(start=start, end=start + 5.5, text=text))
    return segments


def test_chapters_begin_where_the_topic_changes():
    digest = digest_of(talk("bees", "bread", "rails", minutes_each=6))
    starts = [chapter.start for chapter in digest.chapters]
    assert starts[0] == 0
    for change in (360, 720):
        assert any(abs(start - change) <= 30 for start in starts), starts
    for chapter, topic in zip(_nearest(digest.chapters, (0, 360, 720)), TOPICS, strict=True):
        assert any(word in chapter.title.lower() for word in TOPICS[topic].split()), chapter
    assert digest.minutes.topics == [chapter.title for chapter in digest.chapters]


def test_chapters_are_minutes_long_and_no_two_have_one_title():
    chapters = digest_of(talk("bees", "rails", "bread", "bees", minutes_each=5)).chapters
    starts = [*(chapter.start for chapter in chapters), 20 * 60]
    assert all(after - before >= SHORTEST_CHAPTER for before, after in pairwise(starts))
    assert len({chapter.title for chapter in chapters}) == len(chapters)


def test_a_short_episode_has_one_chapter_called_as_itself():
    digest = digest_of(talk("bees", minutes_each=0.75))
    assert [(chapter.start, chapter.title) for chapter in digest.chapters] == [(0.0, digest.title)]


def test_the_summary_is_two_to_four_sentences_that_were_said_in_their_order():
    segments = talk("bees", "bread", minutes_each=5)
    said = [segment.text for segment in segments]
    summary = sentences(digest_of(segments).summary)
    assert 2 <= len(summary) <= 4
    places = [said.index(sentence) for sentence in summary]
    assert places == sorted(places)


def test_a_very_long_transcript_is_compared_in_batches():
    said = [segment.text for segment in talk(*TOPICS, minutes_each=40)]
    assert len(said) == 1_200
    best = best_sentences(said, 3)
    assert len(best) == 3
    assert set(best) <= set(said)


@pytest.mark.parametrize("text", ["Hello.", "Ever tried. Ever failed. No matter.", "um"])
def test_what_is_short_is_its_own_summary(text):
    assert summary_of(text) == text


@pytest.mark.parametrize("text", ["Hello.", "um", "...", "No. " * 300, audio.TWO_CITIES, "word " * 500])
def test_every_transcript_has_a_digest_with_a_title_that_fits(text):
    digest = digest_of([Segment(start=0, end=10, text=text)])
    assert 0 < len(digest.title) <= LONGEST_TITLE
    assert digest.title.lower() != "source"
    assert digest.summary
    assert digest.chapters


def test_a_title_is_a_short_sentence_about_the_matter():
    text = (
        "Good morning to you all. The honey harvest failed this year. It failed since the bees and their honey froze."
    )
    assert title_of(text, []) == "The honey harvest failed this year"


def test_keywords_do_not_say_the_same_twice():
    phrases = ["honey harvest", "harvest of honey", "honey", "bees", "worker bees", "the honey bees"]
    assert without_near_duplicates(phrases) == ["honey harvest", "bees", "worker bees"]


def test_decisions_and_tasks_are_sentences_that_say_they_are():
    text = (
        "Welcome back. We decided to move the launch to May. It will rain tomorrow. Sarah will send the new numbers. "
        "The committee has agreed on a smaller budget. I will never forget that day."
    )
    minutes = minutes_of(text, ["Launch"])
    assert minutes.topics == ["Launch"]
    assert minutes.decisions == [
        "We decided to move the launch to May.",
        "The committee has agreed on a smaller budget.",
    ]
    assert minutes.action_items == ["Sarah will send the new numbers."]


def test_a_story_has_no_decisions():
    minutes = minutes_of(audio.TWO_CITIES, [])
    assert minutes.decisions == minutes.action_items == []


def _nearest(chapters, times):
    return [min(chapters, key=lambda chapter: abs(chapter.start - time)) for time in times]
