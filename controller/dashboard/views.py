"""What a page shows of a job: every text and number, ready to be put in place. Page and JSON say the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from controller.dashboard import formats
from controller.dashboard.actions import can_be_edited
from controller.dashboard.words import Words
from shared.contract import NOTIFY, STEPS
from shared.models import JobState, PodcastProcessingJob, StepProgress, StepState
from shared.models.progress import StepNote

TONES: Final = {
    JobState.COMPLETED: "done",
    JobState.FAILED: "failed",
    JobState.SUPERSEDED: "quiet",
    JobState.AWAITING_REVIEW: "waits",
    JobState.SCHEDULED: "quiet",
    JobState.REJECTED: "quiet",
}
"""How a state looks; those that are not named are under way."""
NOT_OUT: Final = frozenset({JobState.AWAITING_REVIEW, JobState.SCHEDULED, JobState.REJECTED})
"""States before the public, of which notify-job has told reviewers at most."""


@dataclass(frozen=True)
class StepView:
    """One station of the pipeline. Times are ready to read; `since` and `until` let a page count on its own."""

    name: str
    label: str
    state: str
    state_label: str
    time: str
    since: str | None
    until: str | None
    percent: int | None
    percent_label: str
    note: str
    attempt: str
    attempts: int
    requested: str
    started: str
    finished: str
    message: str
    advice: str


@dataclass(frozen=True)
class ErrorView:
    """What went wrong and what to do."""

    where: str
    message: str
    advice: str


@dataclass(frozen=True)
class JobView:
    """One episode in the list, and on its page of details."""

    job_id: str
    episode_id: str
    title: str
    file_name: str
    file_line: str
    bucket: str
    generation: str
    file_size: str
    state: str
    state_label: str
    tone: str
    release: str
    draft_note: str
    replaced_url: str
    under_way: bool
    created: str
    created_at: str
    created_full: str
    updated_full: str
    duration: str
    cost: str
    made_by: str
    episode_url: str
    audio_url: str
    feed_url: str
    details_url: str
    retry_url: str
    can_retry: bool
    review_url: str
    edit_url: str
    twice: str
    has_more: bool
    error: ErrorView | None
    steps: tuple[StepView, ...]
    running: StepView | None


@dataclass(frozen=True)
class Setting:
    """What turns a record into words: language, time zone, where things are published, and the time."""

    words: Words
    zone: ZoneInfo
    public_url: str
    now: datetime


def view_job(job: PodcastProcessingJob, note: StepNote | None, setting: Setting) -> JobView:
    """The job as a page shows it. `note` is how far its running step is."""
    words, zone, now = setting.words, setting.zone, setting.now
    steps = tuple(_view_step(step.name, _station(job, step.name), note, setting) for step in STEPS)
    replaced = job.replaced_by is not None
    gone = job.withdrawn or replaced
    published = (job.outcome == "completed" or job.state is JobState.COMPLETED) and not gone
    editor_url = f"/jobs/{job.job_id}/edit" if can_be_edited(job) else ""
    waits = job.state is JobState.AWAITING_REVIEW
    return JobView(
        job_id=job.job_id,
        episode_id=job.episode_id,
        title=job.title or job.source.object_name,
        file_name=job.source.object_name,
        file_line=job.source.object_name if job.title else "",
        bucket=job.source.bucket,
        generation=str(job.source.generation),
        file_size="" if job.source.size is None else formats.size(job.source.size),
        state=job.state.value,
        state_label=_state_label(job, words),
        tone="quiet" if job.state is JobState.COMPLETED and gone else TONES.get(job.state, "running"),
        release=_release(job, setting),
        draft_note=words.not_published_yet if published and job.drafted > job.revision else "",
        replaced_url=f"/jobs/{job.replaced_by}" if replaced else "",
        under_way=is_under_way(job),
        created=formats.moment(job.created_at, zone, words, today=now),
        created_at=job.created_at.isoformat(),
        created_full=formats.full_moment(job.created_at, zone),
        updated_full=formats.full_moment(job.updated_at, zone),
        duration="" if job.duration_seconds is None else formats.length(job.duration_seconds, words),
        cost="" if job.cost_usd is None else formats.price(job.cost_usd, words),
        made_by=job.made_by or "",
        episode_url="" if gone else web_address(job.episode_url),
        audio_url="" if gone else web_address(job.audio_url),
        feed_url=f"{setting.public_url}/podcasts/{job.job_id}/feed.rss" if published else "",
        details_url=f"/jobs/{job.job_id}",
        retry_url=f"/jobs/{job.job_id}/retry",
        can_retry=job.state is JobState.FAILED and not replaced,
        review_url=editor_url if waits else "",
        edit_url="" if waits else editor_url,
        twice=words.told_twice if job.perhaps_told_twice else "",
        has_more=published or bool(job.made_by) or bool(editor_url),
        error=_view_error(job, words),
        steps=steps,
        running=next((step for step in steps if step.state == StepState.RUNNING), None),
    )


def is_under_way(job: PodcastProcessingJob) -> bool:
    """Whether the program is at work on the job, rather than done with it or waiting for a person or a date."""
    return job.state not in TONES


def web_address(url: str | None) -> str:
    """The URL if it is one of the web, else nothing: a record may hold any text, `javascript:` included."""
    if url is None:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def count_under_way(count: int, words: Words) -> str:
    """How many episodes are under way, as a sentence."""
    if count == 0:
        return words.none_under_way
    return words.one_under_way if count == 1 else words.some_under_way.format(count=count)


def _state_label(job: PodcastProcessingJob, words: Words) -> str:
    if job.replaced_by is not None and job.state is JobState.COMPLETED:
        return words.job_states[JobState.SUPERSEDED]
    if job.withdrawn and job.state is JobState.COMPLETED:
        return words.taken_down
    if job.withdrawn and job.state is JobState.UPLOADING:
        return words.being_taken_down
    return words.job_states[job.state]


def _release(job: PodcastProcessingJob, setting: Setting) -> str:
    if job.state is not JobState.SCHEDULED or job.release_at is None:
        return ""
    when = formats.moment(job.release_at, setting.zone, setting.words, today=setting.now)
    return setting.words.goes_public.format(time=when, zone=setting.zone.key)


def _station(job: PodcastProcessingJob, name: str) -> StepProgress:
    """The progress of this step towards the public: that reviewers were told of a draft is none."""
    progress = job.step(name)
    only_reviewers = name == NOTIFY.name and job.state in NOT_OUT and not job.announced
    return StepProgress() if only_reviewers and progress.state is StepState.SUCCEEDED else progress


def _view_step(name: str, progress: StepProgress, note: StepNote | None, setting: Setting) -> StepView:
    words = setting.words
    running = progress.state is StepState.RUNNING
    told = note if running and note is not None and note.step == name else None
    percent = None if told is None else int(told.fraction * 100)
    failure = progress.error if progress.state in (StepState.FAILED, StepState.RETRYING) else None

    def at(when: datetime | None) -> str:
        return "" if when is None else formats.moment(when, setting.zone, words, today=setting.now, seconds=True)

    return StepView(
        name=name,
        label=words.steps[name],
        state=progress.state.value,
        state_label=words.step_states[progress.state],
        time=_time(progress, setting),
        since=progress.started_at.isoformat() if running and progress.started_at else None,
        until=progress.not_before.isoformat() if progress.state is StepState.RETRYING and progress.not_before else None,
        percent=percent,
        percent_label="" if percent is None else f"{percent} %",
        note="" if told is None else told.note,
        attempt=words.attempt.format(number=progress.attempt) if progress.attempt > 1 else "",
        attempts=progress.attempt,
        requested=at(progress.requested_at),
        started=at(progress.started_at),
        finished=at(progress.finished_at),
        message="" if failure is None else failure.message,
        advice="" if failure is None else failure.advice or "",
    )


def _time(progress: StepProgress, setting: Setting) -> str:
    if progress.state is StepState.RETRYING and progress.not_before is not None:
        wait = (progress.not_before - setting.now).total_seconds()
        return setting.words.retry_in.format(time=formats.clock(wait))
    if progress.started_at is None:
        return ""
    if progress.state is StepState.RUNNING:
        return formats.clock((setting.now - progress.started_at).total_seconds())
    if progress.finished_at is None:
        return ""
    return formats.took((progress.finished_at - progress.started_at).total_seconds(), setting.words)


def _view_error(job: PodcastProcessingJob, words: Words) -> ErrorView | None:
    if job.error is None or job.state not in (JobState.FAILED, JobState.NOTIFYING):
        return None
    step = words.steps.get(job.failed_step or "", job.failed_step or "")
    return ErrorView(
        where=words.failed_at.format(step=step) if step else "",
        message=job.error.message,
        advice=job.error.advice or "",
    )
