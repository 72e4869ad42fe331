"""English text as sentences and words, for everything that counts them. NLTK's data cannot be had offline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from sumy.utils import get_stop_words

from shared.models import Segment

SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=\S)")
WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its punctuation."""
    return [each.strip() for each in SENTENCE_END.split(text) if each.strip()]


def words(text: str) -> list[str]:
    """The words of a text, as they are written."""
    return WORD.findall(text)


@cache
def stop_words() -> frozenset[str]:
    """English words that carry no topic, in lower case."""
    return frozenset(get_stop_words("english"))


def topic_words(text: str) -> list[str]:
    """The words that carry a topic, in lower case, plurals as singulars."""
    kept = (word.lower() for word in words(text) if len(word) > 2)  # noqa: PLR2004 - shorter ones say nothing
    return [word.removesuffix("s") for word in kept if word not in stop_words()]


def whole(segments: Sequence[Segment]) -> str:
    """The transcript as one text."""
    return " ".join(segment.text for segment in segments)
