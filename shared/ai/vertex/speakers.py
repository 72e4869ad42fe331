"""Who speaks: labels of voices that nobody named, and who of them is the same person in several chunks.

Every chunk is heard by itself, so its first voice need not be another chunk's first voice. A label that is no name
carries the start of its chunk (`Speaker 1 @900`), and the digest, which sees the whole transcript and how each voice
was described, says which labels are one person. What it says is judged here before it is believed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from shared.ai.vertex.answers import SamePerson, ToldSpeaker

NUMBERED: Final = (
    *("speaker", "voice", "person", "participant", "unknown speaker", "unknown", "unnamed", "spk"),
    *("sprecher", "sprecherin", "stimme", "intervenant", "intervenante", "locuteur", "locutrice", "voix", "hablante"),
    *("orador", "oradora", "interlocutor", "voz", "parlante", "voce", "falante", "locutor", "spreker", "talare"),
    *("говорящий", "спикер", "話者", "発言者", "発話者", "スピーカー", "男性", "女性", "说话人", "說話人"),
    *("发言人", "發言人", "讲者", "講者", "화자", "발언자", "ผู้พูด", "male", "female"),
)
ROLES: Final = (
    *("host", "co-host", "cohost", "guest", "moderator", "presenter", "interviewer", "interviewee", "narrator"),
    *("moderatorin", "gastgeber", "gastgeberin", "gast", "erzähler", "erzählerin", "animateur", "animatrice"),
    *("présentateur", "présentatrice", "invité", "invitée", "presentador", "presentadora", "invitado", "invitada"),
    *("conduttore", "conduttrice", "ospite", "apresentador", "apresentadora", "convidado", "convidada"),
    *("ведущий", "ведущая", "гость", "司会", "司会者", "進行", "進行役", "聞き手", "語り手", "ホスト", "ゲスト"),
    *(
        "ナレーター",
        "インタビュアー",
        "パーソナリティ",
        "パーソナリティー",
        "主持人",
        "嘉宾",
        "嘉賓",
        "진행자",
        "사회자",
        "게스트",
    ),
)
"""What models write for a speaker whose name they do not know, whatever they are told to write; in lower case."""

NUMBER: Final = r"(?:[ _#.:-]*\d{1,3}|[ _#.:-]+[a-z]|(?<=[^\W\da-z])[a-z]|[ ]?[一二三四五六七八九十])?"
"""`1`, ` A`, and `A` at once after a script that has no such letter: `Mana` is a name."""

GENERIC: Final = re.compile(f"(?:{'|'.join(map(re.escape, (*NUMBERED, *ROLES)))}){NUMBER}")
ROLE: Final = re.compile("|".join(map(re.escape, ROLES)))

STAMP: Final = " @"
"""Between a label that is no name and the start of its chunk in seconds."""

WORDS_FOR_SPEAKER: Final = {
    "ja": "話者",
    "zh": "说话人",
    "ko": "화자",
    "de": "Sprecher",
    "fr": "Intervenant",
    "es": "Hablante",
    "it": "Voce",
    "pt": "Voz",
}
"""By language, for people whose name nobody says."""


def label_of(speaker: str | None, chunk_start: float) -> str | None:
    """The name, or a label that no other chunk uses.

    Args:
        speaker: as the model wrote it.
        chunk_start: seconds.
    """
    name = " ".join((speaker or "").split())
    return f"{name}{STAMP}{chunk_start:.0f}" if name and not is_name(name) else name or None


def is_name(text: str) -> bool:
    """Whether it is what somebody may be called, and not only that somebody speaks."""
    return bool(text.strip()) and not GENERIC.fullmatch(_plain(text.strip()))


def is_unnamed(label: str) -> bool:
    """Whether a label of the transcript is no name."""
    return STAMP in label


def names_of(
    labels: Sequence[str], told: Sequence[ToldSpeaker], same: Sequence[SamePerson], language: str
) -> dict[str, str]:
    """What to call each speaker. One name a person, and a number for who has none; a role stays where one has it.

    Args:
        labels: of the transcript, in the order in which they are first heard.
        told: names by label.
        same: labels that are one person, as far as the model says.
        language: of the numbers' word, BCP 47.
    """
    known = {each.label: each.name.strip() for each in told if each.name and is_name(each.name)}
    people = _people(labels, believable(same, labels, known))
    roles = Counter(role for person in people if not _name(person, known) and (role := _role(person)))
    word = WORDS_FOR_SPEAKER.get(language.partition("-")[0], "Speaker")
    names: dict[str, str] = {}
    unnamed = 0
    for person in people:
        name, role = _name(person, known), _role(person)
        if name is None and role and roles[role] == 1:
            name = role
        if name is None:
            unnamed += 1
            name = f"{word} {unnamed}"
        for label in person:
            # Who was called by different names in different chunks keeps them, unless the model gives one for both.
            names[label] = known.get(label) or (name if is_unnamed(label) else label)
    return {label: names[label] for label in labels}


def believable(same: Sequence[SamePerson], labels: Sequence[str], known: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The groups that may be one person; what is not believed leaves its labels apart.

    A group is believed if the transcript knows its labels, none of them is in another group, no two of them are voices
    that one chunk told apart, and nothing gives two names to it.
    """
    transcript = set(labels)
    groups = [tuple(dict.fromkeys(label for label in each.labels if label in transcript)) for each in same]
    uses = Counter(label for group in groups for label in group)
    return [
        group
        for group in groups
        if len(group) > 1
        and all(uses[label] == 1 for label in group)
        and max(Counter(label.rpartition(STAMP)[2] for label in group if is_unnamed(label)).values(), default=0) <= 1
        and len({name for label in group if (name := _name((label,), known))}) <= 1
    ]


def _people(labels: Sequence[str], groups: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    of = {label: group for group in groups for label in group}
    return list(dict.fromkeys(of.get(label, (label,)) for label in labels))


def _name(person: Sequence[str], known: Mapping[str, str]) -> str | None:
    names = (known.get(label) or (None if is_unnamed(label) else label) for label in person)
    return next((name for name in names if name), None)


def _role(person: Sequence[str]) -> str | None:
    """What all its labels say that it is, if that is a role and not a number."""
    said = {label.rpartition(STAMP)[0] for label in person if is_unnamed(label)}
    return next(iter(said)) if len(said) == 1 and all(ROLE.fullmatch(_plain(each)) for each in said) else None


def _plain(label: str) -> str:
    return unicodedata.normalize("NFKC", label).casefold()
