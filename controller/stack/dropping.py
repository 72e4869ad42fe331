"""A recording from this machine into a stack's input bucket: once, whole, and over nobody's newer one."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Final

from controller.recordings import check_recording
from shared.errors import ConflictError, NotFound, PermanentError
from shared.storage import ABSENT, GCSClient, ObjectInfo
from shared.storage.gcs_calls import RunningSum

BLOCK: Final = 1024 * 1024
Opened = AbstractContextManager[BinaryIO]


class Fate(Enum):
    """What became of the file."""

    NEW = "new"
    REPLACED = "replaced"
    THERE_ALREADY = "there already"


@dataclass(frozen=True)
class InBucket:
    """The recording, as it lies in the bucket."""

    name: str
    version: str
    fate: Fate


def drop(store: GCSClient, file: Path, opened: Callable[[Path, int], Opened]) -> InBucket:
    """Puts the file into the bucket under its own name, as `podcast publish` does on a laptop.

    The same content is not sent again; other content replaces the version that was there, and that one only.

    Args:
        store: the input bucket.
        file: the recording.
        opened: opens the file to be sent, of so many bytes; shows how far it is.

    Raises:
        PermanentError: there is no such file, or it is no recording.
        ConflictError: somebody else dropped a file of this name meanwhile.
    """
    check_recording(file)
    try:
        size = file.stat().st_size
        there = _found(store, file.name)
        if there is not None and there.size == size and _is_copy(store, there, file):
            return InBucket(file.name, there.version, Fate.THERE_ALREADY)
        with opened(file, size) as content:
            info = store.write(
                file.name,
                content,
                expect=ABSENT if there is None else there.version,
                content_type=mimetypes.guess_type(file.name)[0],
            )
    except OSError as error:
        raise PermanentError(f"it cannot be read: {error.strerror or error}") from error
    except ConflictError as error:
        raise ConflictError(
            f"somebody else dropped a file called {file.name} into gs://{store.bucket} at the same time",
            advice="If yours is the right one, publish it again.",
        ) from error
    return InBucket(file.name, info.version, Fate.NEW if there is None else Fate.REPLACED)


def _found(store: GCSClient, name: str) -> ObjectInfo | None:
    try:
        return store.stat(name)
    except NotFound:
        return None


def _is_copy(store: GCSClient, there: ObjectInfo, file: Path) -> bool:
    try:
        known = store.crc32c(there.name, version=there.version)
    except NotFound:  # replaced or removed since: then it is not this one
        return False
    summed, position = RunningSum(), 0
    with file.open("rb") as plain:
        while block := plain.read(BLOCK):
            summed.follow(position, block)
            position += len(block)
    return summed.text == known
