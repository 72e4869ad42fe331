"""The analyst: an interface with two halves, one that hears and one that understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import BaseModel, Field

from shared.errors import Failure
from shared.models import Cost, Digest, Segment
from shared.show import ShowSettings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Hz of the samples in a chunk; what speech recognition and voice-activity detection are trained on."""


@dataclass(frozen=True)
class AudioChunk:
    """A stretch of an episode, cut at silence.

    `samples` are mono float32 in −1…1 at `SAMPLE_RATE`, normalised for recognition; `start` is its offset in seconds.
    """

    number: int
    start: float
    samples: npt.NDArray[np.float32]

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / SAMPLE_RATE

    @property
    def end(self) -> float:
        """Seconds from the start of the episode."""
        return self.start + self.duration


class Unheard(BaseModel):
    """A stretch of a chunk that could not be heard this time, in the episode's own time, and why."""

    start: float = Field(ge=0)
    end: float = Field(gt=0)
    failure: Failure


class HeardChunk(BaseModel):
    """What was recognised in one chunk, in the episode's own time; it is also the chunk's checkpoint."""

    number: int = Field(ge=0)
    start: float = Field(ge=0)
    end: float = Field(gt=0)
    segments: list[Segment]
    language: str
    voices: dict[str, str] = Field(default={}, description="how a speaker sounds, by label, to know it again")
    unheard: list[Unheard] = Field(default=[], description="its stretches that could not be heard this time")
    finished: bool = Field(default=True, description="False while stretches without words are still asked about again")
    costs: list[Cost] = Field(default=[], description="what this attempt paid for it")
    paid_by: int | None = Field(default=None, description="of a checkpoint: the attempt that paid `costs`")
    paid_earlier: dict[int, list[Cost]] = Field(default={}, description="of a checkpoint: by the attempts before that")
    made_by: str | None = Field(default=None, description="whose words these are; a checkpoint serves no other analyst")

    @property
    def all_costs(self) -> list[Cost]:
        """What all attempts together paid for it."""
        return [*(cost for paid in self.paid_earlier.values() for cost in paid), *self.costs]


NO_VOICES: Final[Mapping[str, str]] = MappingProxyType({})


class Analyst(Protocol):
    """Hears and understands. One implementation is embedded, one asks Vertex AI; both pass one behaviour suite."""

    @property
    def made_by(self) -> str:
        """What made the words, and what it cannot do, for people who read the episode."""
        ...

    def transcribe(self, chunk: AudioChunk) -> HeardChunk:
        """The words in one chunk; what could not be heard of it is among them as `unheard`.

        Raises PermanentError for a language that it does not know, and any error where nothing could be heard.
        """
        ...

    def digest(
        self,
        transcript: Sequence[Segment],
        *,
        language: str,
        show: ShowSettings,
        voices: Mapping[str, str] = NO_VOICES,
    ) -> Digest:
        """Title, summary, keywords, chapters, minutes and speakers of a whole transcript of at least one segment.

        `voices` says how speakers sound, by the labels that the transcript has for them.
        """
        ...
