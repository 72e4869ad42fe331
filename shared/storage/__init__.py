"""Object stores: one protocol, a folder on a laptop, buckets in the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.storage.folder import FolderStore, dropped_by_people, written_by_us
from shared.storage.protocol import ABSENT, ExpiringStore, ObjectInfo, ObjectStore, PublicStore

if TYPE_CHECKING:
    from shared.storage.gcs import GCSClient

__all__ = [
    "ABSENT",
    "ExpiringStore",
    "FolderStore",
    "GCSClient",
    "ObjectInfo",
    "ObjectStore",
    "PublicStore",
    "dropped_by_people",
    "written_by_us",
]


def __getattr__(name: str) -> object:
    # Google's client takes its time to load, and most programs on a laptop never need it.
    if name == "GCSClient":
        from shared.storage.gcs import GCSClient  # noqa: PLC0415 - see above

        return GCSClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
