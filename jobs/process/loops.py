"""Repetition loops: a recogniser that lost its way says the same words again and again.

Such text compresses far better than speech. The threshold is Whisper's (`compression_ratio_threshold`, 2.4):
https://github.com/openai/whisper/blob/main/whisper/transcribe.py
"""

from __future__ import annotations

import zlib
from typing import Final

HIGHEST_RATIO: Final = 2.4


def is_loop(text: str) -> bool:
    """Whether the text repeats itself as no speaker does."""
    content = text.encode()
    return bool(content) and len(content) / len(zlib.compress(content)) > HIGHEST_RATIO
