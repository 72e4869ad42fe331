"""A VertexAIClient that talks to the tests' own server, and what such a server is made to say."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from google.oauth2.credentials import Credentials
from support_servers.vertex import TOKEN, Asked, Reply, Says

from shared.ai import SAMPLE_RATE, AudioChunk, VertexAIClient
from shared.ai.vertex.audio import Place, StoredAudio
from shared.ai.vertex.budget import nobody
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
    "same_people": [],
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
    voices = [
        {"speaker": who, "voice": f"the voice of {who}"} for who in dict.fromkeys(who for *_, who, _ in words) if who
    ]
    return {"language": language, "segments": segments, "voices": voices}


def sensible(asked: Asked) -> Reply:
    """A model that does as it is told."""
    return Says(hearing() if asked.audio else DIGEST)


class Ears:
    """A model that hears what is said when, for any stretch of an episode; what it makes of it is told beforehand.

    Args:
        said: start, end, speaker and words, in the episode's time.
        digest: the answer about the whole transcript.
        language: that is spoken.
    """

    def __init__(self, said: Sequence[tuple[float, float, str | None, str]], digest: Any, language: str) -> None:
        self.said = said
        self.digest = digest
        self.language = language

    def __call__(self, asked: Asked) -> Reply:
        if asked.audio is None:
            return Says(self.digest)
        start, end = stretch_of(asked)
        words = [
            (written(max(0.0, first - start)), written(min(last, end) - start), who, text)
            for first, last, who, text in self.said
            if start <= (first + last) / 2 < end
        ]
        return Says(hearing(words, self.language if words else "und"), prompt_tokens=1000)


def stretch_of(asked: Asked) -> tuple[float, float]:
    """Start and end of the audio that is asked about, in seconds; audio inside the question begins at 0."""
    found = re.search(r"(\d+)-(\d+)\.flac$", asked.audio or "")
    return (int(found[1]) / 1000, int(found[2]) / 1000) if found else (0.0, math.inf)


def written(seconds: float) -> str:
    """`MM:SS.t`, as the model is asked to write it."""
    tenths = round(seconds * 10)
    return f"{tenths // 600:02}:{tenths // 10 % 60:02}.{tenths % 10}"


def chunk(seconds: float = 10.0, *, number: int = 0, start: float = 0.0) -> AudioChunk:
    return AudioChunk(number, start, np.zeros(int(seconds * SAMPLE_RATE), np.float32))


def stored(each: AudioChunk) -> StoredAudio:
    return StoredAudio(f"gs://podcast-work/audio/job/{each.number}-{each.start:g}.flac", "audio/flac")


def client(url: str, show: ShowSettings | None = None, place: Place = stored, **settings: Any) -> VertexAIClient:
    patience, charge = settings.pop("patience", HURRIED), settings.pop("charge", nobody)
    paid_before = settings.pop("paid_before", 0.0)
    return VertexAIClient(
        VertexSettings(project="our-project", **settings),
        show or ShowSettings(),
        place,
        credentials=Credentials(token=TOKEN),
        base_url=url,
        patience=patience,
        charge=charge,
        paid_before=paid_before,
        today=lambda: TODAY,
    )
