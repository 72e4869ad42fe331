"""What people changed about an episode, kept apart from the model's words so that both survive a reprocess.

Stored in `edits/<episode-id>.json`, changed only by compare-and-swap. The controller writes it; upload-job lays it over
what process-job returned (shared/edited.py).
"""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.models.metadata import Chapter


class LineEdit(BaseModel):
    """One corrected line of the transcript."""

    model_config = ConfigDict(frozen=True)

    start: float = Field(ge=0, description="seconds, of the line as the model cut it")
    end: float = Field(ge=0, description="seconds")
    was: str = Field(description="the model's words")
    text: str = Field(description="the words that replace them; nothing takes the line out")


class TimedEdits(BaseModel):
    """What people said about one recording alone, since its times are its own."""

    model_config = ConfigDict(frozen=True)

    chapters: tuple[Chapter, ...] | None = None
    lines: tuple[LineEdit, ...] = ()


class EpisodeEdits(BaseModel):
    """Everything that people said about one episode. What is None is as the model wrote it."""

    model_config = ConfigDict(frozen=True)

    episode_id: str
    generation: int = Field(description="of the recording that was edited: times belong to it")
    revision: int = Field(default=0, ge=0, description="counts the changes")
    edited_at: AwareDatetime | None = None
    edited_by: str | None = Field(default=None, description="e-mail address, where the controller knows it")
    title: str | None = Field(default=None, min_length=1, max_length=255)
    summary: str | None = Field(default=None, min_length=1, max_length=4000)
    chapters: tuple[Chapter, ...] | None = None
    speaker_names: dict[str, str] = Field(default={}, description="what people call whom the model called otherwise")
    lines: tuple[LineEdit, ...] = ()
    others: dict[int, TimedEdits] = Field(
        default={}, description="chapters and lines of the episode's other recordings, by generation"
    )
