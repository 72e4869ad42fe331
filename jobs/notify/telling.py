"""Telling people that an episode came out, or why it did not: what is known is looked up, and the news passed on."""

from __future__ import annotations

from jobs.job import JobContext
from jobs.notify.embed import Story, build_message
from shared import workspace
from shared.config import Settings
from shared.contract import NotifyArguments, NotifyResult
from shared.documents import read_document
from shared.drafts import read_published, words_of
from shared.errors import NotFound, PermanentError
from shared.logger import get_logger
from shared.models import CatalogueEntry, PodcastProcessingJob, ProcessingMetadata
from shared.notifier import Notifier
from shared.show import ShowSettings
from shared.storage import ObjectStore


def tell(arguments: NotifyArguments, context: JobContext, notifier: Notifier) -> NotifyResult:
    """Builds the message and has it passed on."""
    settings = context.settings
    record = _record(settings.work, arguments.job_id)
    entry = _entry(settings.work, record)
    story = Story(
        job_id=arguments.job_id,
        status=arguments.status,
        message=arguments.message,
        output_url=arguments.output_url,
        error=arguments.error,
        record=record,
        entry=entry,
        show=_show(settings),
        public_url=settings.public_url,
        cover_url=_cover_url(settings.work, settings.public_url, entry),
        now=context.now(),
        draft=_draft(settings.work, record),
        dashboard_url=settings.dashboard_url,
        stack=settings.stack,
    )
    delivery = notifier.notify(build_message(story))
    if delivery.perhaps_twice:
        get_logger().warning("a reply was lost: people may read this message twice")
    return NotifyResult(job_id=arguments.job_id, notification_sent=delivery.told, perhaps_twice=delivery.perhaps_twice)


def _show(settings: Settings) -> ShowSettings:
    """The show's settings; the defaults where they are wrong, since that may be the very news to be told."""
    try:
        return settings.show()
    except PermanentError as error:
        get_logger().warning("the show's settings are wrong", reason=error.message)
        return ShowSettings()


def _draft(work: ObjectStore, record: PodcastProcessingJob | None) -> ProcessingMetadata | None:
    if record is None or record.outcome != "awaiting_review":
        return None
    return words_of(work, record)


def _record(work: ObjectStore, job_id: str) -> PodcastProcessingJob | None:
    try:
        return read_document(work, workspace.record_key(job_id), PodcastProcessingJob)[0]
    except NotFound:
        return None


def _entry(work: ObjectStore, record: PodcastProcessingJob | None) -> CatalogueEntry | None:
    entry = read_published(work, record.episode_id) if record else None
    # What is public may be another version of the episode, and then it is not this job's news.
    return entry if entry and record and entry.job_id == record.job_id else None


def _cover_url(work: ObjectStore, public_url: str, entry: CatalogueEntry | None) -> str | None:
    if entry is None:
        return None
    if entry.cover_key:
        return f"{public_url}/{entry.cover_key}"
    try:
        return f"{public_url}/{work.read(workspace.SHOW_COVER)[0].decode()}"
    except NotFound:
        return None
