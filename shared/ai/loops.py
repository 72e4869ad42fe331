"""Repetition loops: a model that lost its way says the same words again and again.

Such text compresses far better than speech. Whisper draws its line at a ratio of 2.4 for half a minute of speech
(`compression_ratio_threshold`, https://github.com/openai/whisper/blob/main/whisper/transcribe.py). A longer text
compresses better whatever it says, so a window of fixed length slides over it. In windows of 300 characters English and
Japanese prose stay below 2.0, and a list that is read out in one form ("number 3 is about …") reaches 3.3; a sentence
of 75 letters said four times is above 4.0.
"""

from __future__ import annotations

import zlib
from typing import Final

WINDOW: Final = 300
"""Characters, about twenty seconds of English and a minute of Japanese."""

HIGHEST_RATIO: Final = 3.8


def is_loop(text: str) -> bool:
    """Whether a stretch of the text repeats itself as no speaker does."""
    last = max(0, len(text) - WINDOW)
    starts = (*range(0, last, WINDOW // 2), last)
    return any(_ratio(text[start : start + WINDOW]) > HIGHEST_RATIO for start in starts)


def _ratio(text: str) -> float:
    content = text.encode()
    return len(content) / len(zlib.compress(content)) if content else 0.0
