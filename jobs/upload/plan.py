"""All that is read before anything is written: what is wrong with it is said while nothing is public yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.upload.again import is_public, public_cover
from jobs.upload.catalogue import first_published, read_entry
from jobs.upload.cover import Cover, checked, drawn
from jobs.upload.languages import disclosure
from jobs.upload.request import Identity, identify, load_edits, load_metadata
from jobs.upload.transcripts import chapters_inside
from shared import workspace
from shared.config import Settings
from shared.contract import UploadArguments
from shared.edited import edited
from shared.errors import NotFound, PermanentError
from shared.logger import get_logger
from shared.models import CatalogueEntry, Loudness, ProcessingMetadata, PublishedAudio, Segment
from shared.show import ShowSettings
from shared.storage import ObjectStore

COVER_EXTENSIONS = ("jpg", "jpeg", "png")


@dataclass(frozen=True)
class Plan:
    """What is to be published, and what is public of the episode already."""

    job_id: str
    identity: Identity
    metadata: ProcessingMetadata
    show: ShowSettings
    show_cover: Cover
    own_cover: Cover | None
    existing: CatalogueEntry | None
    base_url: str
    now: datetime
    revision: int = 0
    """Of the edits that are laid over the model's words."""

    @property
    def public_already(self) -> bool:
        """Whether what is public of the episode is this very job's."""
        return is_public(self.existing, self.job_id, self.identity)

    @property
    def folder(self) -> str:
        """The key prefix of the episode's files."""
        return f"podcasts/{self.job_id}"

    def entry(
        self, *, duration: float, segments: Sequence[Segment], loudness: Loudness, audio_size: int = 1
    ) -> CatalogueEntry:
        """The catalogue entry, once the audio's length (seconds) is known; its size (bytes) comes with the tag."""
        metadata = self.metadata
        return CatalogueEntry(
            episode_id=self.identity.episode_id,
            job_id=self.job_id,
            generation=self.identity.generation,
            title=metadata.title,
            summary=metadata.summary,
            language=metadata.language,
            duration_seconds=round(duration, 3),
            keywords=metadata.keywords,
            chapters=chapters_inside(metadata.chapters, duration),
            speakers=metadata.speakers,
            minutes=metadata.minutes if self.show.publish_minutes else None,
            audio=PublishedAudio(key=f"{self.folder}/audio.mp3", size=audio_size),
            cover_key=f"{self.folder}/cover.{self.own_cover.extension}" if self.own_cover else None,
            loudness=loudness,
            transcribed=bool(segments),
            made_by=disclosure(metadata.made_by, self.show.language, checked=self.identity.approved),
            published_at=first_published(self.existing, self.now),
            updated_at=self.now,
        )


def plan_for(arguments: UploadArguments, settings: Settings, *, now: datetime) -> Plan:
    """Reads record, metadata, edits, show and covers.

    Raises:
        PermanentError: one of them is wrong or missing.
    """
    identity = identify(arguments, settings.work)
    show = settings.show()
    existing, _ = read_entry(settings.work, identity.episode_id)
    edits = load_edits(identity.episode_id, settings.work)
    own_cover = cover_of_episode(arguments.job_id, settings.work)
    if own_cover is None and existing is not None and is_public(existing, arguments.job_id, identity):
        own_cover = public_cover(existing, settings.public)
    return Plan(
        job_id=arguments.job_id,
        identity=identity,
        metadata=edited(load_metadata(arguments.metadata_json, settings), edits, generation=identity.generation),
        show=show,
        show_cover=cover_of_show(show, settings),
        own_cover=own_cover,
        existing=existing,
        base_url=settings.public_url,
        now=now,
        revision=edits.revision if edits else 0,
    )


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
