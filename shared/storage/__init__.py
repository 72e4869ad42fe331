"""Object stores: one protocol, a folder on a laptop, buckets in the cloud."""

from shared.storage.folder import FolderStore, dropped_by_people, written_by_us
from shared.storage.protocol import ABSENT, ObjectInfo, ObjectStore

__all__ = ["ABSENT", "FolderStore", "ObjectInfo", "ObjectStore", "dropped_by_people", "written_by_us"]
