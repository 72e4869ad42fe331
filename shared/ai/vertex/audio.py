"""How a chunk's audio reaches the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.ai.analyst import AudioChunk

AUDIO_TYPES: Final = frozenset(
    f"audio/{kind}"
    for kind in ("x-aac", "flac", "mp3", "m4a", "mpeg", "mpga", "mp4", "ogg", "opus", "pcm", "wav", "webm")
)
"""MIME types that Gemini on Vertex hears.
Source: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/audio-understanding"""


@dataclass(frozen=True)
class StoredAudio:
    """Audio that the model fetches itself, by its `gs://` URI."""

    uri: str
    mime_type: str


@dataclass(frozen=True)
class InlineAudio:
    """Audio that travels with the question, where no bucket is; a request may have 20 MB in all."""

    data: bytes
    mime_type: str


Audio = StoredAudio | InlineAudio

Place = Callable[[AudioChunk], Audio]
"""Puts a chunk's audio where the model can read it. Safe to repeat: the same chunk lands in the same place."""
