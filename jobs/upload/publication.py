"""Publishing one episode, in the order that leaves nothing half done: files, catalogue entry, feed and site."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path, PurePosixPath
from uuid import uuid4

from jobs.job import JobContext
from jobs.upload.captions import segments_inside
from jobs.upload.catalogue import is_superseded, publish_entry, read_entry, succeeding
from jobs.upload.episode import Episode, tagged_audio, write_episode
from jobs.upload.links import FEED, address, episode_file
from jobs.upload.master import Master, master
from jobs.upload.plan import Plan, plan_for
from jobs.upload.publisher import Publication, publish
from shared.contract import UploadArguments, UploadResult
from shared.logger import get_logger
from shared.models import CatalogueEntry

MASTERED = 0.8
"""How much of the step is done once the audio is."""


def publish_episode(arguments: UploadArguments, context: JobContext) -> UploadResult:
    """The whole step; see jobs/upload/step.py."""
    settings = context.settings
    plan = plan_for(arguments, settings, now=context.now())
    if plan.existing is not None and is_superseded(plan.existing, plan.identity.generation):
        return _superseded(plan, plan.existing)
    store, name = settings.find(arguments.audio_file)
    with tempfile.TemporaryDirectory(prefix="upload-") as folder, store.open(name) as source:
        mastered = master(
            source,
            PurePosixPath(name).name,
            Path(folder),
            measured=plan.metadata.loudness,
            expected_duration=plan.metadata.duration_seconds,
            report=lambda fraction, note: context.progress(fraction * MASTERED, note),
        )
        with closing(mastered.file):
            episode = _episode(plan, mastered)
            write_episode(
                settings.public,
                episode,
                lambda fraction, note: context.progress(MASTERED + fraction * (1 - MASTERED), note),
            )
    held = publish_entry(settings.work, episode.entry)
    if held is None:
        newer, _ = read_entry(settings.work, plan.identity.episode_id)
        return _superseded(plan, newer or episode.entry)
    context.progress(1.0, "publishing the feed")
    publish(
        Publication(settings.work, settings.public, plan.show, plan.show_cover, plan.base_url),
        owner=f"{arguments.job_id}.{arguments.attempt}.{uuid4().hex[:8]}",
        now=context.now,
    )
    return _result(plan, held)


def _episode(plan: Plan, mastered: Master) -> Episode:
    segments = segments_inside(plan.metadata, mastered.duration)
    untagged = plan.entry(duration=mastered.duration, segments=segments)
    audio = tagged_audio(mastered, untagged, plan.show, plan.own_cover or plan.show_cover, plan.base_url)
    entry = plan.entry(duration=mastered.duration, segments=segments, audio_size=audio.size)
    return Episode(
        # Published again, an episode that did not change keeps its dates in its own files, too.
        entry=succeeding(entry, plan.existing) or entry,
        segments=segments,
        audio=audio,
        loudness=mastered.loudness,
        show=plan.show,
        show_cover=plan.show_cover,
        own_cover=plan.own_cover,
        base_url=plan.base_url,
    )


def _superseded(plan: Plan, newer: CatalogueEntry) -> UploadResult:
    get_logger().info("a newer version of this episode is public already", newer_job=newer.job_id)
    return _result(plan, newer, superseded=True)


def _result(plan: Plan, entry: CatalogueEntry, *, superseded: bool = False) -> UploadResult:
    return UploadResult(
        job_id=plan.job_id,
        audio_url=address(plan.base_url, entry.audio.key),
        metadata_key=episode_file(entry, "metadata.json"),
        rss_key=episode_file(entry, FEED),
        feed_url=address(plan.base_url, FEED),
        episode_url=address(plan.base_url, episode_file(entry, "index.html")),
        superseded=superseded,
    )
