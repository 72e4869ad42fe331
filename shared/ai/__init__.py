"""What listens to an episode and what makes sense of it."""

from shared.ai.analyst import SAMPLE_RATE, Analyst, AudioChunk, HeardChunk

__all__ = ["SAMPLE_RATE", "Analyst", "AudioChunk", "HeardChunk"]
