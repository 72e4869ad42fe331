"""Publishing one episode, in the order that leaves nothing half done: files, catalogue entry, feed and site."""

from __future__ import annotations

import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path, PurePosixPath
from uuid import uuid4

from jobs.job import JobContext
from jobs.upload.captions import segments_inside
from jobs.upload.catalogue import first_published, is_superseded, publish_entry, read_entry
from jobs.upload.cover import Cover, checked, drawn
from jobs.upload.episode import Episode, tagged_audio, write_episode
from jobs.upload.links import FEED, address, episode_file
from jobs.upload.master import Master, master
from jobs.upload.publisher import Publication, publish
from jobs.upload.request import Identity, identify, load_metadata
from jobs.upload.transcripts import chapters_inside
from shared import workspace
from shared.config import Settings
from shared.contract import UploadArguments, UploadResult
from shared.errors import NotFound, PermanentError
from shared.logger import get_logger
from shared.models import CatalogueEntry, ProcessingMetadata, PublishedAudio, Segment
from shared.show import ShowSettings
from shared.storage import ObjectStore

COVER_EXTENSIONS = ("jpg", "jpeg", "png")
MASTERED = 0.8
"""How much of the step is done once the audio is."""


def publish_episode(arguments: UploadArguments, context: JobContext) -> UploadResult:
    """The whole step; see jobs/upload/step.py."""
    settings = context.settings
    identity = identify(arguments, settings.work)
    metadata = load_metadata(arguments.metadata_json, settings)
    show = settings.show()
    show_cover = cover_of_show(show, settings)
    existing, _ = read_entry(settings.work, identity.episode_id)
    if existing is not None and is_superseded(existing, identity.generation):
        return _superseded(arguments.job_id, existing, settings)
    own_cover = cover_of_episode(arguments.job_id, settings.work)
    published_at = first_published(existing, context.now())
    store, name = settings.find(arguments.audio_file)
    with tempfile.TemporaryDirectory(prefix="upload-") as folder, store.open(name) as source:
        mastered = master(
            source,
            PurePosixPath(name).name,
            Path(folder),
            measured=metadata.loudness,
            expected_duration=metadata.duration_seconds,
            report=lambda fraction, note: context.progress(fraction * MASTERED, note),
        )
        with closing(mastered.file):
            episode = _episode(
                arguments.job_id, identity, metadata, mastered, show, show_cover, own_cover, published_at, context
            )
            write_episode(
                settings.public,
                episode,
                lambda fraction, note: context.progress(MASTERED + fraction * (1 - MASTERED), note),
            )
    held = publish_entry(settings.work, episode.entry)
    if held is None:
        newer, _ = read_entry(settings.work, identity.episode_id)
        return _superseded(arguments.job_id, newer or episode.entry, settings)
    context.progress(1.0, "publishing the feed")
    publish(
        Publication(settings.work, settings.public, show, show_cover, settings.public_url),
        owner=f"{arguments.job_id}.{arguments.attempt}.{uuid4().hex[:8]}",
        now=context.now,
    )
    return _result(arguments.job_id, held, settings)


def cover_of_show(show: ShowSettings, settings: Settings) -> Cover:
    """The cover that the show names, or one drawn from its title.

    Raises:
        PermanentError: the named cover is missing, or directories would refuse it.
    """
    if show.cover is None:
        return drawn(show.title)
    try:
        content = settings.show_file(show.cover)
    except NotFound as error:
        raise PermanentError(
            f"the show's cover {show.cover} is not there",
            advice="Put it beside show.toml, or take `cover` out of show.toml to have one drawn.",
        ) from error
    return checked(content, show.cover)


def cover_of_episode(job_id: str, work: ObjectStore) -> Cover | None:
    """The cover that was embedded in the source, if it is one that directories accept."""
    for extension in COVER_EXTENSIONS:
        key = workspace.cover_key(job_id, extension)
        try:
            return checked(work.read(key)[0], key)
        except NotFound:
            continue
        except PermanentError as error:
            get_logger().info("the episode gets the show's cover", reason=error.message)
            return None
    return None


def _episode(  # noqa: PLR0917 - everything that an episode is made of
    job_id: str,
    identity: Identity,
    metadata: ProcessingMetadata,
    mastered: Master,
    show: ShowSettings,
    show_cover: Cover,
    own_cover: Cover | None,
    published_at: datetime,
    context: JobContext,
) -> Episode:
    segments = segments_inside(metadata, mastered.duration)
    entry = _entry(job_id, identity, metadata, mastered, segments, show, own_cover, published_at, context.now())
    base_url = context.settings.public_url
    audio = tagged_audio(mastered, entry, show, own_cover or show_cover, base_url)
    entry = entry.model_copy(update={"audio": PublishedAudio(key=entry.audio.key, size=audio.size)})
    return Episode(entry, segments, audio, mastered, show, show_cover, own_cover, base_url)


def _entry(  # noqa: PLR0917 - likewise
    job_id: str,
    identity: Identity,
    metadata: ProcessingMetadata,
    mastered: Master,
    segments: list[Segment],
    show: ShowSettings,
    own_cover: Cover | None,
    published_at: datetime,
    now: datetime,
) -> CatalogueEntry:
    folder = f"podcasts/{job_id}"
    return CatalogueEntry(
        episode_id=identity.episode_id,
        job_id=job_id,
        generation=identity.generation,
        title=metadata.title,
        summary=metadata.summary,
        language=metadata.language,
        duration_seconds=round(mastered.duration, 3),
        keywords=metadata.keywords,
        chapters=chapters_inside(metadata.chapters, mastered.duration),
        speakers=metadata.speakers,
        minutes=metadata.minutes if show.publish_minutes else None,
        # The size is known once the tag is, and the tag needs all of this.
        audio=PublishedAudio(key=f"{folder}/audio.mp3", size=1),
        cover_key=f"{folder}/cover.{own_cover.extension}" if own_cover else None,
        transcribed=bool(segments),
        made_by=metadata.made_by,
        published_at=published_at,
        updated_at=now,
    )


def _result(job_id: str, entry: CatalogueEntry, settings: Settings, *, superseded: bool = False) -> UploadResult:
    return UploadResult(
        job_id=job_id,
        audio_url=address(settings.public_url, entry.audio.key),
        metadata_key=episode_file(entry, "metadata.json"),
        rss_key=episode_file(entry, FEED),
        feed_url=address(settings.public_url, FEED),
        episode_url=address(settings.public_url, episode_file(entry, "index.html")),
        superseded=superseded,
    )


def _superseded(job_id: str, newer: CatalogueEntry, settings: Settings) -> UploadResult:
    get_logger().info("a newer version of this episode is public already", newer_job=newer.job_id)
    return _result(job_id, newer, settings, superseded=True)
