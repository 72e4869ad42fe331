"""Titles from what was said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from jobs.process.local import words

LONGEST_TITLE: Final = 80
"""Characters."""

FEWEST_WORDS: Final = 4

UNTITLED: Final = "Untitled episode"

MOSTLY: Final = 0.6
"""Share of a word's occurrences that a chapter needs to have, for the word to be the chapter's own."""


def title_of(text: str, keywords: Sequence[str]) -> str:
    """A short sentence that is about what the text is about; the best keywords where there is none."""
    weights = Counter(words.topic_words(text))
    candidates = [each for each in words.sentences(text) if _is_title(each)]
    if candidates:
        # The first of equals: what an episode opens with tends to say what it is about.
        return _trimmed(max(candidates, key=lambda each: _weight(each, weights)))
    if keywords:
        return _capital(", ".join(keywords[:3]))[:LONGEST_TITLE]
    return shortened(text) or UNTITLED


def heading_of(text: str, keywords: Sequence[str], episode: Counter[str], used: Sequence[str]) -> str | None:
    """A chapter's title: its best keyword that no chapter has yet, rather one whose words are mostly said in it.

    Args:
        text: of the chapter.
        keywords: of the chapter, the best first.
        episode: how often each topic word is said in the whole episode.
        used: the titles of the chapters before.
    """
    chapter = Counter(words.topic_words(text))

    def is_common(phrase: str) -> bool:
        said = words.topic_words(phrase)
        here, everywhere = (sum(counts[word] for word in said) for counts in (chapter, episode))
        return here < MOSTLY * everywhere

    fresh = [each for each in keywords if _capital(each) not in used]
    return _capital(min(fresh, key=is_common)) if fresh else None


def shortened(text: str) -> str:
    """The beginning of a text, cut between words."""
    if len(text) <= LONGEST_TITLE:
        return _trimmed(text)
    return text[: LONGEST_TITLE - 1].rpartition(" ")[0].rstrip(",;:") + "…"


def _is_title(sentence: str) -> bool:
    return len(sentence) <= LONGEST_TITLE and len(words.words(sentence)) >= FEWEST_WORDS


def _weight(sentence: str, weights: Counter[str]) -> float:
    topics = set(words.topic_words(sentence))
    return sum(weights[each] for each in topics) / max(2, len(topics)) if topics else 0.0


def _trimmed(sentence: str) -> str:
    return _capital(sentence.rstrip(".,;: "))


def _capital(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]
