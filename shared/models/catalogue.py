"""What is published: one entry an episode, the authority from which feed and site are derived."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.models.metadata import Chapter, Loudness, Minutes


class PublishedAudio(BaseModel):
    """The enclosure."""

    model_config = ConfigDict(frozen=True)

    key: str
    size: int = Field(gt=0, description="bytes")
    mime_type: str = "audio/mpeg"


class CatalogueEntry(BaseModel):
    """One published episode, stored in `catalogue/<episode-id>.json`."""

    model_config = ConfigDict(frozen=True)

    episode_id: str
    job_id: str
    generation: int = Field(description="of the source; a lower one never replaces a higher one")
    state: Literal["published", "unpublished"] = "published"
    title: str
    summary: str
    language: str
    duration_seconds: float = Field(gt=0)
    keywords: list[str] = []
    chapters: list[Chapter] = []
    speakers: list[str] = []
    minutes: Minutes | None = Field(default=None, description="only where the show publishes its minutes")
    audio: PublishedAudio
    cover_key: str | None = None
    loudness: Loudness | None = Field(default=None, description="of the audio as it is published")
    transcribed: bool = Field(default=True, description="whether there is a transcript to link to")
    made_by: str | None = None
    published_at: AwareDatetime = Field(description="when the episode first came out; a correction keeps it")
    updated_at: AwareDatetime
    earlier_jobs: list[str] = Field(
        default=[], description="whose files may still be public: earlier versions of the episode, the oldest first"
    )

    @property
    def folder(self) -> str:
        """The key prefix of everything that belongs to this version of the episode, without a trailing slash."""
        return f"podcasts/{self.job_id}"

    @property
    def folders(self) -> list[str]:
        """The key prefixes of every version that was ever public, without trailing slashes."""
        return [f"podcasts/{job_id}" for job_id in (*self.earlier_jobs, self.job_id)]
