"""Text as feeds, captions and pages can carry it: legal characters, clock times, widths in columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# https://www.w3.org/TR/xml/#charsets, production [2] Char, negated. Lone surrogates are among what is left out.
_ILLEGAL_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_URL = re.compile(r"https?://[^\s<>\"'、。」）]+[^\s<>\"'.,;:!?)\]、。」）]")


def legal(text: str) -> str:
    """The text without the characters that XML 1.0 forbids, however they are written."""
    return _ILLEGAL_IN_XML.sub("", text)


def one_line(text: str) -> str:
    """Legal text with every run of white space as one space."""
    return " ".join(legal(text).split())


def clock(seconds: float) -> str:
    """`02:03`, or `1:02:03` from an hour on."""
    hours, rest = divmod(int(seconds), 3600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes:02}:{seconds_left:02}"


def columns(text: str) -> int:
    """How wide the text is on a screen: wide and full-width characters take two columns, combining marks none.

    Source: Unicode Standard Annex 11.
    """
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shortened(text: str, most_bytes: int) -> str:
    """Legal text cut at a word so that it takes at most `most_bytes` in UTF-8, an ellipsis marking the cut."""
    text = legal(text)
    if len(text.encode()) <= most_bytes:
        return text
    room = text.encode()[: max(0, most_bytes - len("…".encode()))].decode(errors="ignore")
    at_word = room.rpartition(" ")[0]
    # Japanese has no spaces: there a cut between any two characters is the best there is.
    return (at_word if len(at_word) > len(room) // 2 else room).rstrip() + "…"


def links_in(text: str) -> Sequence[tuple[str, bool]]:
    """The text in pieces, each with whether it is an address."""
    pieces: list[tuple[str, bool]] = []
    done = 0
    for match in _URL.finditer(text):
        if match.start() > done:
            pieces.append((text[done : match.start()], False))
        pieces.append((match.group(), True))
        done = match.end()
    if done < len(text):
        pieces.append((text[done:], False))
    return pieces
