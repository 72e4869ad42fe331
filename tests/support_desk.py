"""A desk whose episodes are whatever a test says, for tests of the dashboard that need no pipeline."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import BinaryIO

from controller.dashboard.desk import Draft
from controller.orchestrator import orders
from shared.edited import edited, rebased
from shared.errors import ConflictError, NotFound, PermanentError
from shared.identity import episode_id_of, job_id_of
from shared.models import (
    CatalogueEntry,
    Chapter,
    EpisodeEdits,
    JobState,
    Minutes,
    PodcastProcessingJob,
    ProcessingMetadata,
    PublishedAudio,
    Segment,
    Source,
    StepProgress,
    StepState,
)
from shared.models.progress import StepNote
from shared.show import ShowSettings

NOON = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
PUBLIC_URL = "http://127.0.0.1:8080/site"


class ScriptedDesk:
    """Keeps jobs in memory and received files as bytes. Orders change a job as they do in the controller."""

    def __init__(self, jobs: list[PodcastProcessingJob] | None = None, *, show: ShowSettings | None = None) -> None:
        self.all = list(jobs or [])
        self.files: dict[str, bytes] = {}
        self.notes: dict[str, StepNote] = {}
        self.retried: list[str] = []
        self.heard: dict[str, ProcessingMetadata] = {}
        self.edits: dict[str, EpisodeEdits] = {}
        self.recordings: dict[str, tuple[bytes, str]] = {}
        self.opened: list[BinaryIO] = []
        self.orders: list[tuple[str, datetime | None]] = []
        self.settings: ShowSettings | PermanentError = show or ShowSettings()
        self.time = NOON
        self.public_url = PUBLIC_URL
        self.stack: str | None = None

    def now(self) -> datetime:
        return self.time

    def show(self) -> ShowSettings:
        if isinstance(self.settings, PermanentError):
            raise self.settings
        return self.settings

    def jobs(self, limit: int, before: str | None) -> list[PodcastProcessingJob]:
        ids = [job.job_id for job in self.all]
        start = ids.index(before) + 1 if before in ids else 0
        return self.all[start : start + limit]

    def job(self, job_id: str) -> PodcastProcessingJob | None:
        return next((job for job in self.all if job.job_id == job_id), None)

    def note(self, job_id: str) -> StepNote | None:
        return self.notes.get(job_id)

    def retry(self, job_id: str) -> None:
        job = self.job(job_id)
        if job is None:
            raise NotFound(f"there is no job {job_id}")
        if job.state is not JobState.FAILED:
            raise PermanentError(f"job {job_id} has not failed", advice="Wait for its end.")
        self.retried.append(job_id)

    def draft(self, job_id: str) -> Draft | None:
        job = self.job(job_id)
        if job is None or job_id not in self.heard:
            return None
        blank = EpisodeEdits(episode_id=job.episode_id, generation=job.source.generation)
        edits = self.edits.get(job.episode_id, blank)
        heard = self.heard[job_id]
        version = f"v{edits.revision}" if edits.revision else ""
        version += "+" * (job.step("process").counts_from - 1)
        return Draft(heard, rebased(edits, heard, generation=job.source.generation), version)

    def save(self, job_id: str, edits: EpisodeEdits, version: str) -> Draft:
        job, draft = self.job(job_id), self.draft(job_id)
        if job is None:
            raise NotFound(f"there is no job {job_id}")
        if draft is None or job.state not in orders.AT_REST:
            raise ConflictError(f"{job.title} is {job.state.value}", advice="Wait until its steps are done.")
        if version != draft.version:
            raise ConflictError("somebody else changed this episode", advice="Open it again in another window.")
        assert (edits.episode_id, edits.generation) == (job.episode_id, job.source.generation)
        # Whole, as a store keeps it: what no longer validates is not kept.
        kept = EpisodeEdits.model_validate_json(
            edits.model_copy(update={"revision": draft.edits.revision + 1, "edited_at": self.now()}).model_dump_json()
        )
        self.edits[job.episode_id] = kept
        title = edited(draft.heard, kept, generation=kept.generation).title
        self.change(job_id, lambda job, now: job.but(title=title, drafted=kept.revision))
        saved = self.draft(job_id)
        assert saved is not None
        return saved

    def publish(self, job_id: str, *, at: datetime | None = None, version: str | None = None) -> None:
        draft = self.draft(job_id)
        if version is not None and draft is not None and version != draft.version:
            raise ConflictError("it has changed since you opened it", advice="Open it again.")
        self._order("publish", job_id, partial(orders.publish, at=at), at)

    def reject(self, job_id: str) -> None:
        self._order("reject", job_id, orders.reject)

    def review_again(self, job_id: str) -> None:
        self._order("review_again", job_id, orders.review_again)

    def withdraw(self, job_id: str) -> None:
        self._order("withdraw", job_id, lambda job, now: orders.withdraw(job, now, entry=_public(job)))

    def reprocess(self, job_id: str) -> None:
        self._order("reprocess", job_id, orders.reprocess)

    def source_audio(self, job_id: str) -> tuple[BinaryIO, int, str] | None:
        if job_id not in self.recordings:
            return None
        content, media_type = self.recordings[job_id]
        self.opened.append(io.BytesIO(content))
        return self.opened[-1], len(content), media_type

    def change(self, job_id: str, order: Callable[[PodcastProcessingJob, datetime], PodcastProcessingJob]) -> None:
        """Makes of the job what `order` makes of it."""
        place = next((number for number, job in enumerate(self.all) if job.job_id == job_id), None)
        if place is None:
            raise NotFound(f"there is no job {job_id}", advice="`podcast jobs` lists all jobs.")
        self.all[place] = order(self.all[place], self.now())

    def _order(
        self,
        name: str,
        job_id: str,
        order: Callable[[PodcastProcessingJob, datetime], PodcastProcessingJob],
        at: datetime | None = None,
    ) -> None:
        self.change(job_id, order)
        self.orders.append((name, at))

    def holds(self, name: str) -> bool:
        return name in self.files

    def receive(self, name: str, content: BinaryIO) -> str:
        self.files[name] = content.read()
        job = a_job(name)
        self.all.insert(0, job)
        return job.job_id


def _public(job: PodcastProcessingJob) -> CatalogueEntry | None:
    if job.withdrawn or not (job.announced or job.state is JobState.COMPLETED):
        return None
    return CatalogueEntry(
        episode_id=job.episode_id,
        job_id=job.job_id,
        generation=job.source.generation,
        title="Talk",
        summary="A talk.",
        language="en",
        duration_seconds=60,
        audio=PublishedAudio(key=f"podcasts/{job.job_id}/audio.mp3", size=1),
        published_at=NOON,
        updated_at=NOON,
    )


def a_job(name: str = "talk.mp3", state: JobState = JobState.RECEIVED, **fields: object) -> PodcastProcessingJob:
    """A job of a file of this name that arrived at noon."""
    source = Source(bucket="input", object_name=name, generation=1, size=8_400_000)
    return PodcastProcessingJob(
        job_id=job_id_of("input", name, 1),
        episode_id=episode_id_of("input", name),
        source=source,
        state=state,
        created_at=NOON,
        updated_at=NOON,
    ).but(**fields)


def a_step(
    state: StepState, *, began: float | None = None, took: float | None = None, **fields: object
) -> StepProgress:
    """A step that began so many seconds before noon and took so many."""
    started = None if began is None else NOON - timedelta(seconds=began)
    finished = started + timedelta(seconds=took) if started is not None and took is not None else None
    return StepProgress(
        state=state, attempt=0 if started is None else 1, started_at=started, finished_at=finished
    ).model_copy(update=fields)


def a_draft(lines: int = 6, *, seconds: float = 5.0, **fields: object) -> ProcessingMetadata:
    """What a model heard of two people: so many lines, each of so many seconds."""
    segments = [
        Segment(
            start=number * seconds,
            end=(number + 1) * seconds,
            text=f"These are the words of line {number}.",
            speaker=f"Speaker {number // 2 % 2 + 1}",
        )
        for number in range(lines)
    ]
    whole = ProcessingMetadata(
        title="On Bees",
        summary="Two people talk about bees.",
        transcript="\n".join(segment.text for segment in segments),
        duration_seconds=lines * seconds,
        segments=segments,
        speakers=["Speaker 1", "Speaker 2"],
        chapters=[Chapter(start=0, title="Greetings"), Chapter(start=lines * seconds / 2, title="Hives")],
        minutes=Minutes(decisions=["Buy a hive."], action_items=["Ann asks the neighbours."]),
    )
    return whole.model_copy(update=fields)
