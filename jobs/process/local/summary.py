"""An extractive summary: the sentences that say most of what the others say, in the order they were said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
from sumy.summarizers.lex_rank import LexRankSummarizer

from jobs.process.local import words

SENTENCES: Final = 3

FEWEST_WORDS: Final = 5
"""A sentence with fewer says nothing by itself."""

MOST_WORDS: Final = 45
"""A longer one is a breathless run of speech, and no sentence of a summary."""

BATCH: Final = 150
"""Sentences compared with each other at once: LexRank's time and memory grow with their square."""

WINNERS: Final = 6
"""Sentences of each batch that meet the winners of the others."""


class _Tokenizer:
    """What sumy asks of one."""

    def to_sentences(self, paragraph: str) -> tuple[str, ...]:
        return tuple(words.sentences(paragraph))

    def to_words(self, sentence: str) -> tuple[str, ...]:
        return tuple(word.lower() for word in words.words(sentence))


def summary_of(text: str) -> str:
    """Two to four sentences at most; a text that has no more is its own summary."""
    said = words.sentences(text)
    telling = [each for each in dict.fromkeys(said) if FEWEST_WORDS <= len(words.words(each)) <= MOST_WORDS]
    if len(telling) <= SENTENCES:
        return " ".join(telling or said[:SENTENCES])
    return " ".join(best_sentences(telling, SENTENCES))


def best_sentences(candidates: Sequence[str], count: int) -> list[str]:
    """The `count` most central of the sentences, in their order."""
    while len(candidates) > BATCH:
        candidates = [best for batch in _batches(candidates) for best in _ranked(batch, WINNERS)]
    return _ranked(candidates, count)


def _batches(candidates: Sequence[str]) -> list[Sequence[str]]:
    return [candidates[start : start + BATCH] for start in range(0, len(candidates), BATCH)]


def _ranked(candidates: Sequence[str], count: int) -> list[str]:
    tokenizer = _Tokenizer()
    paragraph = Paragraph([Sentence(each, tokenizer) for each in candidates])
    summarizer = LexRankSummarizer()
    summarizer.stop_words = words.stop_words()
    return [str(each) for each in summarizer(ObjectDocumentModel([paragraph]), count)]
