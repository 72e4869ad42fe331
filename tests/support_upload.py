"""Episodes, shows and stores for tests of upload-job."""

from __future__ import annotations

import json
import math
import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from moonshine_voice.utils import get_assets_path

from jobs.job import JobContext
from jobs.progress import Progress
from shared.config import LocalSettings
from shared.errors import TransientError
from shared.models import CatalogueEntry, Chapter, ProcessingMetadata, PublishedAudio, Segment
from shared.storage import ObjectInfo, ObjectStore

BASE = "https://listen.example/site"
NOON = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)


def an_entry(number: int = 1, **fields: Any) -> CatalogueEntry:
    """The catalogue entry of one published episode; the higher its number, the newer."""
    job_id = f"job-{number}"
    values: dict[str, Any] = {
        "episode_id": f"episode-{number}",
        "job_id": job_id,
        "generation": 1,
        "title": f"Episode {number}",
        "summary": "What it is about.",
        "language": "en",
        "duration_seconds": 1800.4,
        "keywords": ["bees", "honey"],
        "chapters": [Chapter(start=0, title="Hello"), Chapter(start=61.5, title="Bees & honey")],
        "audio": PublishedAudio(key=f"podcasts/{job_id}/audio.mp3", size=28_800_000),
        "made_by": "Words by a machine that knows English only.",
        "published_at": NOON + timedelta(days=number),
        "updated_at": NOON + timedelta(days=number, hours=1),
    }
    return CatalogueEntry.model_validate(values | fields)


def a_metadata(**fields: Any) -> ProcessingMetadata:
    """What process-job found out about half a minute of speech."""
    values: dict[str, Any] = {
        "title": "Bees at noon",
        "summary": "A walk among bees.",
        "transcript": "Here they come. Mind the hive.",
        "duration_seconds": 4.0,
        "keywords": ["bees"],
        "segments": [
            Segment(start=0.0, end=2.0, text="Here they come."),
            Segment(start=2.0, end=4.0, text="Mind the hive."),
        ],
        "chapters": [Chapter(start=0, title="Arrival"), Chapter(start=2, title="The hive")],
        "made_by": "Words by a machine.",
    }
    return ProcessingMetadata.model_validate(values | fields)


def as_argument(metadata: ProcessingMetadata, **changes: Any) -> str:
    """`--metadata-json` as the controller passes it."""
    return json.dumps(metadata.model_dump(mode="json") | changes)


def context_for(settings: Any, now: Callable[[], datetime] = lambda: NOON) -> JobContext:
    """What a step is given, without a record to report to."""
    return JobContext(settings=settings, progress=Progress(None, "job", "upload", now=now), now=now)


def local_settings(folder: Path) -> LocalSettings:
    """A laptop whose data is all in this folder."""
    return LocalSettings(data=folder, public_base=BASE)


# ------------------------------------------------------------------- audio


def speech(name: str = "two_cities.wav") -> tuple[np.ndarray, int]:
    """Real human speech: mono float samples and their rate."""
    with wave.open(str(Path(get_assets_path()) / name)) as reader:
        samples = np.frombuffer(reader.readframes(reader.getnframes()), np.int16)
        return samples.astype(np.float64) / 32768, reader.getframerate()


def write_wav(path: Path, samples: np.ndarray, rate: int) -> Path:
    """A 16-bit WAV of samples shaped (frames,) or (frames, channels)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def tone(seconds: float, rate: int = 48_000, level: float = 0.1) -> np.ndarray:
    """A plain tone, for tests that need some audio and not speech."""
    return level * np.sin(2 * math.pi * 440 * np.arange(int(seconds * rate)) / rate)


# ------------------------------------------------------------------ stores


class RecordingStore:
    """Another store, with every write noted in order."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.written: list[tuple[str, str | None]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(
        self, name: str, content: bytes | BinaryIO, *, expect: str | None = None, content_type: str | None = None
    ) -> ObjectInfo:
        info = self._store.write(name, content, expect=expect, content_type=content_type)
        self.written.append((name, content_type))
        return info


class FailingStore(RecordingStore):
    """Another store whose `fails_at`-th write is lost, counted from 1."""

    def __init__(self, store: ObjectStore, *, fails_at: int) -> None:
        super().__init__(store)
        self._fails_at = fails_at
        self.failed = False

    def write(self, name: str, content: bytes | BinaryIO, **options: Any) -> ObjectInfo:
        if len(self.written) + 1 == self._fails_at:
            self.failed = True
            raise TransientError(f"the store did not take {name}")
        return super().write(name, content, **options)


class SettingsWith:
    """A laptop's settings with another public store."""

    def __init__(self, settings: LocalSettings, *, public: Any) -> None:
        self._settings = settings
        self.public = public

    def __getattr__(self, name: str) -> Any:
        return getattr(self._settings, name)


def files_under(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of everything public."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(folder).as_posix(), path.read_bytes()
