"""How far a running step is."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class StepNote(BaseModel):
    """The newest word from a running step, stored in `progress/<job-id>.json`."""

    model_config = ConfigDict(frozen=True)

    step: str
    fraction: float = Field(ge=0, le=1)
    note: str
    at: AwareDatetime
