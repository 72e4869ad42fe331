"""What every object store promises, whether it is a folder, GCS or R2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final, Protocol

ABSENT: Final = ""
"""The version of an object that does not exist: `write(..., expect=ABSENT)` only creates."""


@dataclass(frozen=True)
class ObjectInfo:
    """What a store knows about one version of one object.

    `version` is opaque and changes with every write of other content: a generation in GCS, which grows even when the
    same bytes are written again, and an ETag in R2, which does not change then.
    """

    name: str
    version: str
    size: int
    updated: datetime
    content_type: str | None = None


class ObjectStore(Protocol):
    """Whole objects under names, with compare-and-swap.

    Reads and writes are whole: a reader never sees half a write. Every method raises `NotFound` for an object that is
    not there, `ConflictError` for a lost compare-and-swap and `TransientError` for what may pass.
    """

    @property
    def bucket(self) -> str:
        """The bucket's name, as it stands in an event."""
        ...

    def location(self, name: str) -> str:
        """Where the object lies, as a job's argument: a `gs://` URI or a path."""
        ...

    def stat(self, name: str) -> ObjectInfo:
        """The newest version of the object."""
        ...

    def read(self, name: str) -> tuple[bytes, ObjectInfo]:
        """The whole object and the version that was read."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A seekable reader of the newest version; the caller closes it."""
        ...

    def write(
        self,
        name: str,
        content: bytes | BinaryIO,
        *,
        expect: str | None = None,
        content_type: str | None = None,
    ) -> ObjectInfo:
        """Stores the object whole. `expect` names the version it must replace; `ABSENT` creates, None overwrites."""
        ...

    def copy_from(self, source: ObjectStore, source_name: str, *, version: str, name: str) -> ObjectInfo:
        """A copy of that very version of another store's object. Raises NotFound where it is another one by now."""
        ...

    def delete(self, name: str) -> None:
        """Removes the object; that it is gone already is no error."""
        ...

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """All objects whose name starts with `prefix`, in the order of their names."""
        ...


class PublicStore(ObjectStore, Protocol):
    """A store that is told to clear away what a killed program left: the public bucket, whose writes are large."""

    def abort_unfinished(self, prefix: str, *, before: datetime) -> int:
        """Throws away what was kept of writes under `prefix` that were begun before that time and never ended.

        Returns:
            How many there were.
        """
        ...


class ExpiringStore(ObjectStore, Protocol):
    """A store that forgets what has been done with: the work bucket. How long it waits, its lifecycle rules say."""

    def starts_to_expire(self, prefix: str, at: datetime, *, most: int = 500) -> bool:
        """Has every object whose name starts with `prefix` expire, the wait being counted from `at`.

        Nothing is ever moved to an earlier time, and doing it again costs no more than a listing. At most `most`
        objects are dated in one call.

        Args:
            prefix: ends with `/`.
            at: when the wait begins.
            most: objects to be dated in this call.

        Returns:
            Whether all of them are dated now; if not, call again.
        """
        ...
