"""Keywords by YAKE (Campos et al. 2020), without those that say the same twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import yake

from jobs.process.local.words import topic_words

MOST_KEYWORDS: Final = 10
LONGEST_KEYWORD: Final = 3
"""Words in one keyword."""


def keywords_of(text: str, count: int = MOST_KEYWORDS) -> list[str]:
    """The phrases that the text is about, the best first."""
    extractor = yake.KeywordExtractor(lan="en", n=LONGEST_KEYWORD, dedup_lim=0.7, top=4 * count)
    return without_near_duplicates(phrase for phrase, _ in extractor.extract_keywords(text))[:count]


def without_near_duplicates(phrases: Iterable[str]) -> list[str]:
    """The phrases that bring a word which no better one brought."""
    known: set[str] = set()
    kept: list[str] = []
    for phrase in phrases:
        topics = set(topic_words(phrase))
        if topics - known and len(topics & known) <= len(topics) / 2:
            kept.append(phrase)
            known |= topics
    return kept
