"""The record of one job: where an episode is on its way, and how it got there.

    received → fetching → processing → uploading → notifying → completed
                              │  ▲          ▲          └──────→ failed   (the outcome is kept before notify-job runs)
                              ▼  │          │
                     awaiting_review, scheduled (where the show wants it)
    superseded: a newer version of the same file was published first, or waits for review in its stead
    rejected: people did not want it published

Only the orchestrator writes a record, and only by compare-and-swap.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.errors import Failure


class JobState(StrEnum):
    """Where an episode is."""

    RECEIVED = "received"
    FETCHING = "fetching"
    PROCESSING = "processing"
    AWAITING_REVIEW = "awaiting_review"
    SCHEDULED = "scheduled"
    UPLOADING = "uploading"
    NOTIFYING = "notifying"
    COMPLETED = "completed"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


IN_THE_END = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.SUPERSEDED, JobState.REJECTED})


class StepState(StrEnum):
    """Where one step of a job is."""

    WAITING = "waiting"
    REQUESTED = "requested"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Source(BaseModel):
    """The very version of the file that a job turns into an episode."""

    model_config = ConfigDict(frozen=True)

    bucket: str
    object_name: str
    generation: int
    size: int | None = None


class StepProgress(BaseModel):
    """What is known about one step of a job."""

    model_config = ConfigDict(frozen=True)

    state: StepState = StepState.WAITING
    attempt: int = Field(default=0, description="number of the newest attempt, 1 for the first; never reused")
    counts_from: int = Field(default=1, description="results of lower attempts belong to an earlier outcome")
    failed_attempts: int = Field(default=0, description="since the job began or was last retried by hand")
    requested_at: AwareDatetime | None = None
    started_at: AwareDatetime | None = Field(default=None, description="of the first attempt")
    finished_at: AwareDatetime | None = None
    not_before: AwareDatetime | None = Field(default=None, description="when the next attempt may start")
    error: Failure | None = None


class PodcastProcessingJob(BaseModel):
    """One job, as stored in `records/<job-id>.json`."""

    model_config = ConfigDict(frozen=True)

    job_id: str
    episode_id: str
    source: Source
    state: JobState = JobState.RECEIVED
    created_at: AwareDatetime
    updated_at: AwareDatetime
    reopened_at: AwareDatetime | None = Field(default=None, description="when it was last taken up after its end")
    steps: dict[str, StepProgress] = {}
    outcome: Literal["completed", "failed", "awaiting_review"] | None = Field(
        default=None, description="what notify-job has to tell"
    )
    failed_step: str | None = None
    error: Failure | None = None
    title: str | None = None
    duration_seconds: float | None = None
    cost_usd: float | None = None
    made_by: str | None = None
    audio_url: str | None = None
    episode_url: str | None = None
    approved: bool = Field(default=False, description="people let it pass to the public, where the show asks them")
    release_at: AwareDatetime | None = Field(default=None, description="when a scheduled episode goes public")
    announced: bool = Field(default=False, description="people were told that it is out; a later edit is no news")
    revision: int = Field(default=0, description="of the edits that are public")
    drafted: int = Field(default=0, description="revision of the edits that were saved last")
    withdrawn: bool = Field(default=False, description="people want it out of the public; upload-job reads this")
    replaced_by: str | None = Field(
        default=None, description="job of a newer recording of the episode, published or waiting in this one's stead"
    )
    notified: bool = False
    perhaps_told_twice: bool = Field(default=False, description="a reply of the notifier was lost and asked for again")

    @property
    def waits(self) -> bool:
        """Whether it waits for a person or for its hour, and takes nobody's place meanwhile."""
        return self.state in (JobState.AWAITING_REVIEW, JobState.SCHEDULED)

    @property
    def ended(self) -> bool:
        """Whether nothing will happen to this job without a person."""
        return self.state in IN_THE_END

    @property
    def at_rest(self) -> bool:
        """Whether nothing happens to this job until a person or its hour comes."""
        return self.ended or self.waits

    @property
    def is_heard(self) -> bool:
        """Whether listeners hear the episode as this job published it, although it may be worked on anew."""
        return (self.announced or self.state is JobState.COMPLETED) and not self.withdrawn

    def step(self, name: str) -> StepProgress:
        """The progress of the step called `name`, blank if it has none yet."""
        return self.steps.get(name, StepProgress())

    def with_step(self, name: str, **changes: object) -> PodcastProcessingJob:
        """A copy in which the step called `name` differs by `changes`."""
        changed = self.step(name).model_copy(update=changes)
        return self.model_copy(update={"steps": {**self.steps, name: changed}})

    def but(self, **changes: object) -> PodcastProcessingJob:
        """A copy that differs by `changes`."""
        return self.model_copy(update=changes)
