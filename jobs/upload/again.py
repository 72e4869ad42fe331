"""What is public already is published anew from its own audio: frames are never encoded twice, and need no source."""

from __future__ import annotations

from jobs.upload.cover import Cover, checked
from jobs.upload.master import Master
from jobs.upload.request import Identity
from shared.errors import NotFound
from shared.models import CatalogueEntry
from shared.storage import ObjectStore


def is_public(existing: CatalogueEntry | None, job_id: str, identity: Identity) -> bool:
    """Whether what is public of the episode is this very job's, made of the same pinned source.

    By hand another file may be passed under the same job id, so that is mastered every time.
    """
    return not identity.by_hand and existing is not None and existing.job_id == job_id and existing.state == "published"


def public_master(existing: CatalogueEntry, public: ObjectStore) -> Master | None:
    """The audio as listeners hear it now, read by range; None where it is not there as the catalogue says."""
    if existing.loudness is None:
        return None
    try:
        if public.stat(existing.audio.key).size != existing.audio.size:
            return None
        audio = public.open(existing.audio.key)
    except NotFound:
        return None
    return Master(audio, existing.duration_seconds, untouched=True, loudness=existing.loudness)


def public_cover(existing: CatalogueEntry, public: ObjectStore) -> Cover | None:
    """The episode's own cover as it is public: the one beside the pinned source expires with it."""
    if existing.cover_key is None:
        return None
    try:
        return checked(public.read(existing.cover_key)[0], existing.cover_key)
    except NotFound:
        return None
