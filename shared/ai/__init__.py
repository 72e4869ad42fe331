"""What listens to an episode and what makes sense of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.ai.analyst import NO_VOICES, SAMPLE_RATE, Analyst, AudioChunk, HeardChunk, Unheard

if TYPE_CHECKING:
    from shared.ai.vertex.client import VertexAIClient

__all__ = ["NO_VOICES", "SAMPLE_RATE", "Analyst", "AudioChunk", "HeardChunk", "Unheard", "VertexAIClient"]


def __getattr__(name: str) -> Any:
    # The client brings Google's library, which takes two seconds to import; only who asks for it pays.
    if name == "VertexAIClient":
        from shared.ai.vertex.client import VertexAIClient  # noqa: PLC0415 - see above

        return VertexAIClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
