"""The catalogue: what is published, one entry an episode. Decisions first, compare-and-swap after them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pydantic import BaseModel, ValidationError

from shared import workspace
from shared.documents import read_document
from shared.errors import ConflictError, NotFound
from shared.models import CatalogueEntry
from shared.storage import ABSENT, ObjectStore

TURNS = 20
"""How often a lost compare-and-swap is tried again at once; each means that somebody else succeeded."""


def first_published(existing: CatalogueEntry | None, now: datetime) -> datetime:
    """When the episode came out: a correction keeps the day of what it corrects."""
    return now if existing is None else existing.published_at


def is_superseded(existing: CatalogueEntry | None, generation: int) -> bool:
    """Whether a newer version of the same file is public already."""
    return existing is not None and existing.generation > generation


def succeeding(entry: CatalogueEntry, existing: CatalogueEntry | None) -> CatalogueEntry | None:
    """What the catalogue should hold once `entry` is published; None where it is superseded.

    Publishing the same thing again changes nothing, not even the time of the last change.
    """
    if existing is None:
        return entry
    if is_superseded(existing, entry.generation):
        return None
    earlier = [job_id for job_id in (*existing.earlier_jobs, existing.job_id) if job_id != entry.job_id]
    dated = entry.model_copy(
        update={"published_at": existing.published_at, "earlier_jobs": list(dict.fromkeys(earlier))}
    )
    same = dated.model_copy(update={"updated_at": existing.updated_at}) == existing
    return existing if same else dated


def read_entry(work: ObjectStore, episode_id: str) -> tuple[CatalogueEntry | None, str]:
    """The episode's entry and its version; None and `ABSENT` where it has none."""
    try:
        return read_document(work, workspace.catalogue_key(episode_id), CatalogueEntry)
    except NotFound:
        return None, ABSENT


def publish_entry(work: ObjectStore, entry: CatalogueEntry) -> CatalogueEntry | None:
    """Puts the entry into the catalogue by compare-and-swap.

    Returns:
        What the catalogue holds now, or None where a newer version was there and nothing was changed.

    Raises:
        ConflictError: others kept changing the entry.
    """
    return _change_entry(work, entry.episode_id, entry.title, lambda existing: succeeding(entry, existing))


def withdraw_entry(work: ObjectStore, entry: CatalogueEntry, now: datetime) -> CatalogueEntry | None:
    """Marks the episode of this entry as unpublished by compare-and-swap; one that is so already stays as it is.

    Returns:
        What the catalogue holds now, or None where it holds a newer version or none at all; nothing was changed then.

    Raises:
        ConflictError: others kept changing the entry.
    """

    def withdrawn(existing: CatalogueEntry | None) -> CatalogueEntry | None:
        if existing is None or is_superseded(existing, entry.generation):
            return None
        if existing.state == "unpublished":
            return existing
        return existing.model_copy(update={"state": "unpublished", "updated_at": now})

    return _change_entry(work, entry.episode_id, entry.title, withdrawn)


def _change_entry(
    work: ObjectStore, episode_id: str, title: str, change: Callable[[CatalogueEntry | None], CatalogueEntry | None]
) -> CatalogueEntry | None:
    for _ in range(TURNS):
        existing, version = read_entry(work, episode_id)
        wanted = change(existing)
        if wanted is None or wanted == existing:
            return wanted
        try:
            work.write(
                workspace.catalogue_key(episode_id),
                wanted.model_dump_json().encode(),
                expect=version,
                content_type="application/json",
            )
        except ConflictError:
            continue
        return wanted
    raise ConflictError(f"the catalogue entry of {title!r} ({episode_id}) kept changing meanwhile")


class Snapshot(BaseModel):
    """Entries by name, each with the version that was read. Versions never repeat, so none can be mistaken."""

    entries: dict[str, tuple[str, CatalogueEntry]] = {}

    def versions(self) -> dict[str, str]:
        """The version of each entry, by which a change shows."""
        return {name: version for name, (version, _) in self.entries.items()}

    def catalogue(self) -> list[CatalogueEntry]:
        """The entries alone."""
        return [entry for _, entry in self.entries.values()]


def read_catalogue(work: ObjectStore) -> Snapshot:
    """The whole catalogue; of what the last snapshot holds at its present version nothing is read again."""
    known = _last_snapshot(work).entries
    entries: dict[str, tuple[str, CatalogueEntry]] = {}
    for name, version in catalogue_versions(work).items():
        if name in known and known[name][0] == version:
            entries[name] = known[name]
            continue
        entry, read = read_document(work, name, CatalogueEntry)
        entries[name] = (read, entry)
    return Snapshot(entries=entries)


def catalogue_versions(work: ObjectStore) -> dict[str, str]:
    """The version of each entry, without reading them."""
    return {listed.name: listed.version for listed in work.list(workspace.CATALOGUE)}


def keep_snapshot(work: ObjectStore, snapshot: Snapshot) -> None:
    """Remembers the catalogue for the next publisher."""
    content = snapshot.model_dump_json().encode()
    work.write(workspace.CATALOGUE_SNAPSHOT, content, content_type="application/json")


def _last_snapshot(work: ObjectStore) -> Snapshot:
    try:
        return Snapshot.model_validate_json(work.read(workspace.CATALOGUE_SNAPSHOT)[0])
    except (NotFound, ValidationError):
        # None yet, or one of another version of this program: then everything is read.
        return Snapshot()
