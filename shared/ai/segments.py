"""The rules that times of a transcript obey: in order, apart, inside the audio, none longer than 30 s."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from shared.models import Segment

UNSPACED: Final = (
    "\u3001-\u303f"  # CJK punctuation; the ideographic space itself is a blank
    "\u3040-\u30ff\u31f0-\u31ff"  # hiragana, katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u3100-\u312f\u31a0-\u31bf"  # bopomofo
    "\uff01-\uff65\uff66-\uff9f"  # full-width forms and half-width katakana
)
"""What Japanese and Chinese are written in, as the inside of a regular expression's set. Neither Hangul is among it nor
Thai, which has no blanks between words: between its sentences and clauses a blank is its punctuation."""

CLOSED: Final = "\u3001-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
"""Punctuation that has its own room beside it."""

NEEDLESS_BLANK: Final = re.compile(f"(?<=[{UNSPACED}]) (?=[{UNSPACED}])|(?<=[{CLOSED}]) | (?=[{CLOSED}])")

LONGEST_SEGMENT: Final = 30.0
"""Seconds."""

SHORTEST_SEGMENT: Final = 0.01
"""Seconds; a caption needs an end after its start."""

BOUNDARIES: Final = (
    re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])\s*"),
    re.compile(r"(?<=[,;:])\s+|(?<=[、，；：])\s*"),
    re.compile(r"\s+"),
    re.compile(r"(?<=.)(?=.)"),
)
"""Where a text may be split: after sentences, after clauses, between words, anywhere; the best first."""


def tidy(segments: Iterable[Segment], start: float, end: float) -> list[Segment]:
    """The segments as the rules want them, within `start` and `end` of the episode, in seconds.

    Segments without text are dropped. Where two overlap, the earlier one ends as the later one begins; one that has
    no time left gives its words to the one before it. Long ones are split at sentences, clauses or words, and their
    time is shared out by characters.
    """
    placed: list[Segment] = []
    for segment in sorted(segments, key=lambda each: each.start):
        text = joined_words([segment.text])
        if not text:
            continue
        begins = _rounded(min(max(segment.start, start), end))
        ends = _rounded(min(max(segment.end, begins), end))
        if placed and begins - placed[-1].start < SHORTEST_SEGMENT:
            begins = placed[-1].end
        if placed and placed[-1].end > begins:
            placed[-1] = placed[-1].model_copy(update={"end": begins})
        if ends - begins >= SHORTEST_SEGMENT:
            placed.append(segment.model_copy(update={"start": begins, "end": ends, "text": text}))
        elif placed:
            placed[-1] = placed[-1].model_copy(update={"text": joined_words([placed[-1].text, text])})
        elif end - begins >= SHORTEST_SEGMENT:
            placed.append(
                segment.model_copy(update={"start": begins, "end": _rounded(begins + SHORTEST_SEGMENT), "text": text})
            )
    return [piece for segment in placed for piece in _split(segment)]


def text_of(segments: Sequence[Segment]) -> str:
    """The whole transcript as one text."""
    return joined_words(segment.text for segment in segments)


def joined_words(texts: Iterable[str]) -> str:
    """The texts as one line: one blank between words, none where Japanese and Chinese have none."""
    return NEEDLESS_BLANK.sub("", " ".join(" ".join(texts).split()))


def _split(segment: Segment) -> Iterator[Segment]:
    length = segment.end - segment.start
    if length <= LONGEST_SEGMENT:
        yield segment
        return
    cut = _best_cut(segment.text)
    if cut is None:
        # One character cannot last so long: what follows it is silence.
        yield segment.model_copy(update={"end": _rounded(segment.start + LONGEST_SEGMENT)})
        return
    before, after = segment.text[: cut[0]].rstrip(), segment.text[cut[1] :].lstrip()
    middle = _rounded(segment.start + length * len(before) / (len(before) + len(after)))
    yield from _split(segment.model_copy(update={"text": before, "end": middle}))
    yield from _split(segment.model_copy(update={"text": after, "start": middle}))


def _best_cut(text: str) -> tuple[int, int] | None:
    """Where the first half ends and the second begins; None where the text is a single character."""
    middle = len(text) / 2
    for boundary in BOUNDARIES:
        cuts = [match.span() for match in boundary.finditer(text) if match.start() > 0 and match.end() < len(text)]
        near = [each for each in cuts if len(text) / 4 <= each[0] <= len(text) * 3 / 4]
        if near:
            return min(near, key=lambda each: abs(each[0] - middle))
    return (1, 1) if len(text) > 1 else None


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
