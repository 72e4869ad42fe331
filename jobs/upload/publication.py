"""Publishing one episode, in the order that leaves nothing half done: files, catalogue entry, feed and site."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from uuid import uuid4

from jobs.job import JobContext
from jobs.upload.again import public_master
from jobs.upload.captions import segments_inside
from jobs.upload.catalogue import is_superseded, publish_entry, read_entry, succeeding
from jobs.upload.episode import Episode, tagged_audio, write_episode
from jobs.upload.links import FEED, address, episode_file
from jobs.upload.master import Master, master
from jobs.upload.plan import Plan, plan_for
from jobs.upload.publisher import Publication, publish
from jobs.upload.request import check_wanted
from jobs.upload.unfinished import clear_unfinished
from jobs.upload.withdrawal import delete_folder, withdraw_episode
from shared.contract import UploadArguments, UploadResult
from shared.errors import ConflictError, NotFound
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
    clear_unfinished(settings.public, context.now())
    publication = Publication(settings.work, settings.public, plan.show, plan.show_cover, plan.base_url)
    owner = f"{arguments.job_id}.{arguments.attempt}.{uuid4().hex[:8]}"
    if plan.identity.withdrawn:
        return _withdraw(plan, publication, context, owner)
    with _mastered(plan, arguments, context) as (mastered, is_public):
        episode = _episode(plan, mastered, audio_is_public=is_public)
        if arguments.attempt:
            # Mastering takes minutes, in which people may have decided otherwise.
            check_wanted(arguments, settings.work)
        written = write_episode(
            settings.public,
            episode,
            lambda fraction, note: context.progress(MASTERED + fraction * (1 - MASTERED), note),
        )
    held = publish_entry(settings.work, episode.entry)
    if held is None:
        return _superseded(plan, _newest(plan, context))
    context.progress(1.0, "publishing the feed")
    publish(publication, owner=owner, now=context.now)
    # Of an earlier publication of this job, such as a transcript that people have emptied; nothing links to it now.
    delete_folder(settings.public, held.folder, keep=written)
    return _result(plan, held)


def _withdraw(plan: Plan, publication: Publication, context: JobContext, owner: str) -> UploadResult:
    if plan.existing is None:
        raise NotFound(f"nothing of {plan.metadata.title!r} was ever public", advice="There is nothing to withdraw.")
    context.progress(0.0, "taking the episode from the public")
    held = withdraw_episode(publication, plan.existing, owner=owner, now=context.now)
    if held is None:
        return _superseded(plan, _newest(plan, context))
    return _result(plan, held).model_copy(update={"withdrawn": True})


def _newest(plan: Plan, context: JobContext) -> CatalogueEntry:
    """What outran this version meanwhile."""
    newer, _ = read_entry(context.settings.work, plan.identity.episode_id)
    if newer is None:
        raise ConflictError(f"the catalogue entry of {plan.metadata.title!r} went away meanwhile")
    return newer


@contextmanager
def _mastered(plan: Plan, arguments: UploadArguments, context: JobContext) -> Iterator[tuple[Master, bool]]:
    """The audio, and whether it is what is public already."""
    settings = context.settings
    ready = public_master(plan.existing, settings.public) if plan.existing and plan.public_already else None
    if ready is not None:
        with closing(ready.file):
            yield ready, True
        return
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
            yield mastered, False


def _episode(plan: Plan, mastered: Master, *, audio_is_public: bool) -> Episode:
    segments = segments_inside(plan.metadata, mastered.duration)
    untagged = plan.entry(duration=mastered.duration, segments=segments, loudness=mastered.loudness)
    audio = tagged_audio(
        mastered,
        untagged,
        plan.show,
        plan.own_cover or plan.show_cover,
        plan.base_url,
        audio_is_public=audio_is_public,
    )
    entry = untagged.model_copy(update={"audio": untagged.audio.model_copy(update={"size": audio.size})})
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
        audio_is_public=audio_is_public,
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
        title=entry.title,
        revision=plan.revision,
    )
