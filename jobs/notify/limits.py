"""What Discord takes, and how a message is made to fit.

Source: https://discord.com/developers/docs/resources/message#embed-object-embed-limits. Lengths are counted in UTF-16
code units here, which is the strictest reading: an emoji counts as two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TITLE = 256
DESCRIPTION = 4096
FIELDS = 25
FIELD_NAME = 256
FIELD_VALUE = 1024
FOOTER = 2048
TOTAL = 6000

_ADDRESS = re.compile(r"(https?://[^\s<>\[\]()]+)")
# "<" would begin a mention or a time; headings, lists and quotes count at the start of a line only.
_MARKUP = re.compile(r"([\\*_~`|<\[\]])")
_LINE_MARKUP = re.compile(r"^([ \t]*)([#>-])", re.MULTILINE)


def size(text: str) -> int:
    """UTF-16 code units of the text."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fitted(text: str, most: int) -> str:
    """The text, cut with an ellipsis if it is longer than `most`. Never cuts a character or an escape in two."""
    if size(text) <= most:
        return text
    kept = text
    while size(kept) > most - 1:
        kept = kept[: len(kept) - max(1, (size(kept) - most) // 2)]
    # An odd number of backslashes at the end would escape the ellipsis.
    if (len(kept) - len(kept.rstrip("\\"))) % 2:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def plain(text: str) -> str:
    """The text with Discord's markup escaped: what somebody said is no formatting, no mention and no hidden link.

    Addresses stay as they are, or they would lead nowhere.
    """
    pieces = _ADDRESS.split(text)
    escaped = "".join(piece if at % 2 else _MARKUP.sub(r"\\\1", piece) for at, piece in enumerate(pieces))
    return _LINE_MARKUP.sub(r"\1\\\2", escaped)


def total(embed: Mapping[str, Any]) -> int:
    """What counts towards the 6,000."""
    texts = [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    texts += [text for field in embed.get("fields", []) for text in (field["name"], field["value"])]
    return sum(size(text) for text in texts)
