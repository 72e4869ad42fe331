"""What process-job found out about an episode. All times are seconds from the start of the episode."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Segment(BaseModel):
    """A stretch of speech, at most 30 s long, with what was said."""

    model_config = ConfigDict(frozen=True)

    start: float = Field(ge=0)
    end: float = Field(ge=0)
    text: str
    speaker: str | None = None


class Chapter(BaseModel):
    """A topic and where it starts."""

    model_config = ConfigDict(frozen=True)

    start: float = Field(ge=0)
    title: str


class Minutes(BaseModel):
    """The minutes (議事録) of the conversation."""

    topics: list[str] = []
    decisions: list[str] = []
    action_items: list[str] = []


class Loudness(BaseModel):
    """EBU R 128 measurement of the whole source."""

    integrated_lufs: float
    true_peak_dbtp: float


class Cost(BaseModel):
    """What a model charged for this episode."""

    usd: float = 0.0
    model: str
    version: str | None = Field(default=None, description="what the model calls itself in its answers")
    input_tokens: int = 0
    output_tokens: int = 0


class Digest(BaseModel):
    """What an analyst makes of a finished transcript."""

    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    keywords: list[str] = []
    chapters: list[Chapter] = []
    minutes: Minutes = Minutes()
    speakers: list[str] = Field(default=[], description="names that were said")
    speaker_names: dict[str, str] = Field(
        default={}, description="what to call each speaker whom the transcript knows by a label"
    )
    costs: list[Cost] = []


class ProcessingMetadata(BaseModel):
    """The `metadata` of process-job: the user's five fields first, ours after them."""

    title: str = Field(min_length=1)
    summary: str
    transcript: str
    duration_seconds: float = Field(gt=0)
    keywords: list[str] = []

    language: str = "en"
    segments: list[Segment] = []
    chapters: list[Chapter] = []
    minutes: Minutes = Minutes()
    speakers: list[str] = []
    loudness: Loudness | None = None
    speech_coverage: float | None = Field(
        default=None, ge=0, le=1, description="share of the heard speech that the transcript covers"
    )
    made_by: str | None = Field(default=None, description="which models made the words, and what they cannot do")
    costs: list[Cost] = []

    @property
    def cost_usd(self) -> float:
        """All models together, in US dollars."""
        return sum(cost.usd for cost in self.costs)
