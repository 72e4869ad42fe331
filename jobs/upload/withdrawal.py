"""Taking an episode from the public: first nothing leads to it any more, then its files go."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from jobs.upload.catalogue import withdraw_entry
from jobs.upload.publisher import Publication, publish
from shared.models import CatalogueEntry
from shared.storage import ObjectStore


def withdraw_episode(
    to: Publication, entry: CatalogueEntry, *, owner: str, now: Callable[[], datetime]
) -> CatalogueEntry | None:
    """Takes out the entry, folds feed and site without it, and deletes the files of all of its versions.

    Doing it again changes nothing, and makes up for whatever was left.

    Returns:
        The unpublished entry; None where a newer version is public meanwhile, which stays.
    """
    held = withdraw_entry(to.work, entry, now())
    if held is None:
        return None
    publish(to, owner=owner, now=now)
    for folder in held.folders:
        delete_folder(to.public, folder)
    return held


def delete_folder(public: ObjectStore, folder: str, *, keep: Collection[str] = ()) -> None:
    """Deletes all objects under this prefix but those of `keep`."""
    for name in [info.name for info in public.list(f"{folder}/") if info.name not in keep]:
        public.delete(name)
