from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from controller import dashboard
from controller.dashboard.actions import ASKS_FIRST, Action
from controller.dashboard.filenames import ACCEPTED, Refusal
from controller.dashboard.words import ENGLISH, JAPANESE, Words, words_for
from shared.contract import STEPS
from shared.models import JobState, StepState


def sentences(words: Words) -> Iterator[tuple[str, str]]:
    for field in fields(words):
        yield from _flat(field.name, getattr(words, field.name))


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _flat(f"{name}.{field.name}", getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flat(f"{name}.{key}", each)
    else:
        for number, each in enumerate(value):
            yield from _flat(f"{name}.{number}", each)


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("words", [ENGLISH, JAPANESE], ids=lambda words: words.language)
def test_every_state_step_and_refusal_has_its_word(words: Words) -> None:
    assert set(words.job_states) == set(JobState)
    assert set(words.step_states) == set(StepState)
    assert list(words.steps) == [step.name for step in STEPS]
    assert set(words.refusals) == set(Refusal)
    assert set(words.editor.actions) == set(Action)
    assert set(words.editor.questions) == ASKS_FIRST


def test_rejecting_words_says_that_what_is_public_already_stays() -> None:
    assert "what is public already stays" in ENGLISH.editor.actions[Action.REJECT][1]
    assert "すでに公開中のものはそのまま" in JAPANESE.editor.actions[Action.REJECT][1]


def test_both_languages_say_the_same_things_with_the_same_blanks() -> None:
    english, japanese = dict(sentences(ENGLISH)), dict(sentences(JAPANESE))
    assert english.keys() == japanese.keys()
    # A Japanese date counts its months, an English one names them.
    dates = {"this_year", "other_year"}
    for name in english.keys() - dates:
        assert blanks(english[name]) == blanks(japanese[name]), name


def test_the_script_of_the_editor_is_given_every_word_that_it_says() -> None:
    said = [*(Path(dashboard.__file__).parent / "static" / "editor").glob("*.js")]
    used = {name for script in said for name in re.findall(r"\bwords\.(\w+)", script.read_text())}
    kinds = {"signed_out", "not_reached"}  # of answers, looked up by their name
    assert used | kinds | {"other"} == set(ENGLISH.editor.script) - {"load_again"}


def test_no_sentence_is_empty() -> None:
    for words in (ENGLISH, JAPANESE):
        assert [name for name, sentence in sentences(words) if not sentence.strip()] == []


@pytest.mark.parametrize("words", [ENGLISH, JAPANESE], ids=lambda words: words.language)
def test_the_drop_zone_names_every_extension_that_is_accepted(words: Words) -> None:
    for extension in ACCEPTED:
        assert extension in words.accepted.lower()
        assert extension in words.refusals[Refusal.NOT_AUDIO][1].lower()


@pytest.mark.parametrize(("language", "words"), [("ja", JAPANESE), ("ja-JP", JAPANESE), ("JA", JAPANESE)])
def test_a_japanese_show_gets_japanese_words(language: str, words: Words) -> None:
    assert words_for(language) is words


@pytest.mark.parametrize("language", ["en", "en-GB", "de", "jav"])
def test_a_language_without_a_table_gets_english(language: str) -> None:
    assert words_for(language) is ENGLISH
