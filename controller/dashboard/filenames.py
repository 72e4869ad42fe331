"""From what a browser calls a file to the name of an object in the input store."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from pathlib import PurePosixPath
from typing import Final

from shared.storage.folder import LONGEST_NAME

ACCEPTED: Final = ("mp3", "m4a", "wav", "flac", "ogg", "opus", "mp4")
"""Extensions of the containers that fetch-job has a demuxer for."""

JOINERS: Final = frozenset("\u200c\u200d")
"""Invisible, but part of Persian words and of emoji made of several: they stay."""


class Refusal(Enum):
    """Why a name cannot be an episode's."""

    NO_NAME = "no-name"
    TOO_LONG = "name-too-long"
    NOT_AUDIO = "not-audio"


def clean_file_name(raw: str) -> str | Refusal:
    """The name to store a dropped file under, or why there is none.

    Letters of any script, spaces, quotes and emoji stay. Folders go, in Unix and Windows spelling, and so do leading
    dots (a hidden file is no episode) and whatever a reader cannot see: control characters, lone surrogates, marks
    that change the direction of writing. Cleaning a clean name changes nothing.
    """
    name = re.split(r"[/\\]", raw)[-1]
    name = "".join(" " if character.isspace() else character for character in name if _stays(character))
    # NFC, so that the same name from a Mac, which takes accents apart, stays the same episode.
    name = unicodedata.normalize("NFC", re.sub(r" +", " ", name)).lstrip(" .").rstrip(" ")
    if not name.strip("".join(JOINERS)):
        return Refusal.NO_NAME
    if PurePosixPath(name).suffix.lower().removeprefix(".") not in ACCEPTED:
        return Refusal.NOT_AUDIO
    if len(name.encode()) > LONGEST_NAME:
        return Refusal.TOO_LONG
    return name


def _stays(character: str) -> bool:
    if character in JOINERS or character.isspace():
        return True
    # Cc control, Cf invisible formatting, Cs lone surrogates. Unassigned ones stay: next year's emoji are among them.
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
