"""A VertexAIClient that talks to the tests' own server, and what such a server is made to say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from google.oauth2.credentials import Credentials
from support_servers.vertex import TOKEN, Asked, Reply, Says

from shared.ai import SAMPLE_RATE, AudioChunk, VertexAIClient
from shared.ai.vertex.audio import Place, StoredAudio
from shared.ai.vertex.settings import VertexSettings
from shared.retries import Patience
from shared.show import ShowSettings

TODAY = date(2026, 11, 24)
HURRIED = Patience(attempts=5, total=30.0, first_wait=0.0, longest_wait=0.0, read=20.0)

DIGEST: dict[str, Any] = {
    "title": "A library is rebuilt",
    "episode_number": 12,
    "summary": "The city rebuilds its library. The work begins in spring and takes a year.",
    "keywords": ["library", "budget", "Library"],
    "chapters": [{"start": "0:00:00", "title": "Welcome"}, {"start": "0:00:07", "title": "The budget"}],
    "topics": ["The roof is repaired."],
    "decisions": ["The work begins in April."],
    "action_items": ["Suzuki sends the draft by Friday."],
    "speakers": [{"label": "Sato", "name": "Sato"}],
}
"""A good answer about `WORDS`."""

WORDS = [
    ("00:00.5", "00:04.0", "Sato", "Welcome to the twelfth episode about our library."),
    ("00:04.2", "00:07.0", "Speaker 1", "Thank you for having me today."),
    ("00:07.5", "00:09.8", "Sato", "How large is the budget this year?"),
]
"""Start, end, speaker and words of a good answer about ten seconds of audio."""


def hearing(words: Sequence[tuple[str, str, str | None, str]] = WORDS, language: str = "en") -> dict[str, Any]:
    segments = [{"start": start, "end": end, "speaker": who, "text": text} for start, end, who, text in words]
    return {"language": language, "segments": segments}


def sensible(asked: Asked) -> Reply:
    """A model that does as it is told."""
    return Says(hearing() if asked.audio else DIGEST)


def chunk(seconds: float = 10.0, *, number: int = 0, start: float = 0.0) -> AudioChunk:
    return AudioChunk(number, start, np.zeros(int(seconds * SAMPLE_RATE), np.float32))


def stored(each: AudioChunk) -> StoredAudio:
    return StoredAudio(f"gs://work/audio/job/{each.number}-{each.start:g}.flac", "audio/flac")


def client(url: str, show: ShowSettings | None = None, place: Place = stored, **settings: Any) -> VertexAIClient:
    patience = settings.pop("patience", HURRIED)
    return VertexAIClient(
        VertexSettings(project="our-project", **settings),
        show or ShowSettings(),
        place,
        credentials=Credentials(token=TOKEN),
        base_url=url,
        patience=patience,
        today=lambda: TODAY,
    )
