"""The work bucket as a dictionary, for tests that make thousands of small changes and mean none of them to last."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from threading import RLock
from typing import BinaryIO

from support_jobs import START

from shared.errors import ConflictError, NotFound
from shared.storage import ABSENT, ObjectInfo, ObjectStore
from shared.storage.streams import copy_through


class MemoryStore:
    """An expiring store in this process's memory. Nothing expires."""

    bucket = "work"

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, ObjectInfo]] = {}
        self._versions = count(1)
        self._lock = RLock()

    def location(self, name: str) -> str:
        return f"/memory/{name}"

    def stat(self, name: str) -> ObjectInfo:
        return self.read(name)[1]

    def read(self, name: str) -> tuple[bytes, ObjectInfo]:
        try:
            return self._objects[name]
        except KeyError as error:
            raise NotFound(f"{name} is not there") from error

    def open(self, name: str) -> BinaryIO:
        return io.BytesIO(self.read(name)[0])

    def write(
        self, name: str, content: bytes | BinaryIO, *, expect: str | None = None, content_type: str | None = None
    ) -> ObjectInfo:
        whole = content if isinstance(content, bytes) else content.read()
        with self._lock:
            found = self._objects[name][1].version if name in self._objects else ABSENT
            if expect is not None and expect != found:
                raise ConflictError(f"{name} was changed by somebody else")
            info = ObjectInfo(name, str(next(self._versions)), len(whole), START, content_type)
            self._objects[name] = whole, info
            return info

    def copy_from(self, source: ObjectStore, source_name: str, *, version: str, name: str) -> ObjectInfo:
        return copy_through(source, source_name, version=version, into=self, name=name)

    def delete(self, name: str) -> None:
        self._objects.pop(name, None)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        return iter([self._objects[name][1] for name in sorted(self._objects) if name.startswith(prefix)])

    def starts_to_expire(self, prefix: str, at: datetime, *, most: int = 500) -> bool:
        return True
