"""Labels of voices: what is a name and what is not, and who is one person."""

from __future__ import annotations

import re

import pytest

from shared.ai.vertex.answers import SamePerson, ToldSpeaker
from shared.ai.vertex.speakers import believable, is_unnamed, label_of, names_of


def same(*groups: list[str]) -> list[SamePerson]:
    return [SamePerson(labels=labels) for labels in groups]


def told(**names: str) -> list[ToldSpeaker]:
    return [ToldSpeaker(label=label.replace("_", " @"), name=name) for label, name in names.items()]


GENERIC = """Speaker 1,speaker_2,SPEAKER 03,Speaker A,話者1,話者 A,話者Ｂ,スピーカーA,発言者二,男性1,司会,司会者,ゲスト2
Sprecher 1,Sprecherin,Gast,Host,Guest 1,Intervenant 2,Ведущий,화자 1,说话人1,嘉宾A,主持人,Unknown,Moderator"""


@pytest.mark.parametrize("generic", re.split(r"[,\n]", GENERIC))
def test_what_only_says_that_somebody_speaks_is_no_name(generic) -> None:
    label = label_of(generic, 900.0)
    assert label == f"{generic} @900"
    assert is_unnamed(label)


@pytest.mark.parametrize(
    "name", ["佐藤", "司会の佐藤", "Ann", "Mana", "Hosta", "Guest Host Ann", "Speakerman", "男性アナウンサー田中", "A"]
)
def test_a_name_stays_a_name(name) -> None:
    assert label_of(f" {name} ", 900.0) == name


def test_nobody_has_no_label() -> None:
    assert (label_of(None, 0.0), label_of("  ", 0.0)) == (None, None)


def test_two_people_in_eight_chunks_are_two() -> None:
    labels = [f"Speaker {voice} @{900 * n}" for n in range(8) for voice in (1, 2)]
    names = names_of(labels, [], same(labels[::2], labels[1::2]), "ja")
    assert [names[label] for label in labels] == ["話者 1", "話者 2"] * 8


def test_without_groups_everybody_is_apart() -> None:
    labels = ["Speaker 1 @0", "Speaker 1 @900"]
    assert list(names_of(labels, [], [], "de").values()) == ["Sprecher 1", "Sprecher 2"]


def test_a_name_for_one_label_is_the_name_of_the_whole_person() -> None:
    labels = ["Speaker 1 @0", "Sato", "Speaker 2 @900", "Speaker 1 @1800"]
    groups = same(["Speaker 2 @900", "Sato"], ["Speaker 1 @1800", "Speaker 1 @0"])
    names = names_of(labels, told(**{"Speaker 1_1800": "Suzuki"}), groups, "en")
    assert names == {
        "Speaker 1 @0": "Suzuki", "Sato": "Sato", "Speaker 2 @900": "Sato", "Speaker 1 @1800": "Suzuki"
    }  # fmt: skip


def test_a_role_stays_where_one_person_has_it_and_becomes_a_number_where_several_may() -> None:
    assert names_of(["司会 @0", "話者1 @0"], [], [], "ja") == {"司会 @0": "司会", "話者1 @0": "話者 1"}
    labels = ["司会 @0", "司会 @900"]
    assert list(names_of(labels, [], [], "ja").values()) == ["話者 1", "話者 2"]
    assert list(names_of(labels, [], same(labels), "ja").values()) == ["司会", "司会"]


@pytest.mark.parametrize(
    ("groups", "believed"),
    [
        ([["Speaker 1 @0", "Speaker 1 @900"]], [("Speaker 1 @0", "Speaker 1 @900")]),
        ([["Speaker 1 @0", "Speaker 1 @900"], ["Speaker 1 @900", "Speaker 2 @1800"]], []),
        ([["Speaker 1 @0", "Speaker 2 @0"]], []),
        ([["Speaker 1 @0", "Speaker 9 @900"]], []),
        ([["Speaker 1 @0", "Speaker 1", "Speaker 1 @900"]], [("Speaker 1 @0", "Speaker 1 @900")]),
        ([["Speaker 1 @0", "Speaker 1 @0"]], []),
        ([["Sato", "Ann"]], []),
        ([["Sato", "Speaker 1 @0", "Ann"]], []),
        ([["Speaker 1 @0"], []], []),
    ],
)
def test_a_group_is_judged_before_it_is_believed(groups, believed) -> None:
    labels = ["Speaker 1 @0", "Speaker 2 @0", "Speaker 1 @900", "Speaker 2 @1800", "Sato", "Ann"]
    assert believable(same(*groups), labels, {}) == believed


def test_two_names_for_one_group_are_not_believed() -> None:
    labels = ["Speaker 1 @0", "Speaker 1 @900"]
    assert believable(same(labels), labels, {"Speaker 1 @0": "Sato", "Speaker 1 @900": "Suzuki"}) == []
    assert believable(same(labels), labels, {"Speaker 1 @0": "Sato", "Speaker 1 @900": "Sato"}) != []
