"""An object store in a folder, safe for several processes on one machine.

A write goes to a hidden file beside its target and is renamed over it; compare-and-swap holds an advisory lock on the
folder meanwhile. The generation of an object is a time in nanoseconds that only grows.
"""

from __future__ import annotations

import fcntl
import mimetypes
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from errno import ELOOP
from pathlib import Path, PurePosixPath
from stat import S_ISREG
from typing import BinaryIO

from shared.errors import ConflictError, NotFound, PermanentError
from shared.storage.folder_errors import folder_errors
from shared.storage.names import check_name
from shared.storage.protocol import ABSENT, ObjectInfo, ObjectStore
from shared.storage.streams import copy_through

LOCK_NAME = ".lock"
EXPIRY_NAME = ".expires"
HALF_WRITTEN = ".write-"
LONGEST_NAME = 255
"""Bytes that one file name may have on every file system in common use (NAME_MAX)."""


def written_by_us(stat: os.stat_result) -> int:
    """The modification time, which `write` sets itself and never lets repeat."""
    return stat.st_mtime_ns


def dropped_by_people(stat: os.stat_result) -> int:
    """The change time: unlike the modification time, no copying tool carries it over from another file."""
    return stat.st_ctime_ns


class FolderStore:
    """Objects as files under `root`; names with `/` are sub-folders. Hidden files are not objects."""

    def __init__(self, root: Path, *, generation: Callable[[os.stat_result], int] = written_by_us) -> None:
        self.root = root
        self._generation = generation

    @property
    def bucket(self) -> str:
        """The folder's own name."""
        return self.root.name

    def location(self, name: str) -> str:
        """The absolute path of the object."""
        return str(self._path(name).absolute())

    def stat(self, name: str) -> ObjectInfo:
        """The newest version of the object."""
        path = self._path(name)
        try:
            stat = path.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise self._not_found(name) from error
        if not path.is_file():
            raise self._not_found(name)
        return self._info(name, stat)

    def read(self, name: str) -> tuple[bytes, ObjectInfo]:
        """The whole object and the version that was read."""
        with self.open(name) as reader:
            return reader.read(), self._info(name, os.fstat(reader.fileno()))

    def open(self, name: str) -> BinaryIO:
        """A seekable reader of the newest version; the caller closes it."""
        try:
            with folder_errors(f"read {name}", self.root):
                return self._path(name).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise self._not_found(name) from error

    def write(
        self,
        name: str,
        content: bytes | BinaryIO,
        *,
        expect: str | None = None,
        content_type: str | None = None,
    ) -> ObjectInfo:
        """Stores the object whole. `expect` names the version it must replace; `ABSENT` creates, None overwrites."""
        path = self._path(name)
        with folder_errors(f"write {name}", self.root), self._temporary_beside(path) as temporary:
            with temporary.open("wb") as writer:
                if isinstance(content, bytes):
                    writer.write(content)
                else:
                    shutil.copyfileobj(content, writer, 1024 * 1024)
                writer.flush()
                os.fsync(writer.fileno())
            with self._locked():
                current = self._generation_of(path)
                found = ABSENT if current is None else str(current)
                if expect is not None and expect != found:
                    raise ConflictError(f"{name} in {self.bucket} was changed by somebody else")
                # Never the same generation twice, even when the clock stands still or goes back.
                generation = max(time.time_ns(), (current or 0) + 1)
                os.utime(temporary, ns=(generation, generation))
                temporary.replace(path)
                return self._info(name, path.stat())

    def copy_from(self, source: ObjectStore, source_name: str, *, version: str, name: str) -> ObjectInfo:
        """A copy of that very version of another store's object."""
        return copy_through(source, source_name, version=version, into=self, name=name)

    def delete(self, name: str) -> None:
        """Removes the object; that it is gone already is no error."""
        path = self._path(name)
        with folder_errors(f"remove {name}", self.root):
            path.unlink(missing_ok=True)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """All objects whose name starts with `prefix`, in the order of their names."""
        folder = self.root / prefix.rpartition("/")[0]
        found: dict[str, os.stat_result] = {}
        for parent, folders, files in os.walk(folder):
            folders[:] = [each for each in folders if not each.startswith(".")]
            for file in files:
                path = Path(parent, file)
                name = path.relative_to(self.root).as_posix()
                if file.startswith(".") or not name.startswith(prefix):
                    continue
                try:
                    stat = path.stat()
                except FileNotFoundError:  # deleted since it was listed: then it is not there
                    continue
                except OSError as error:
                    if error.errno == ELOOP:  # a link that leads to itself is no file
                        continue
                    with folder_errors(f"look at {name}", self.root):
                        raise
                if S_ISREG(stat.st_mode):
                    found[name] = stat
        for name in sorted(found):
            yield self._info(name, found[name])

    def abort_unfinished(self, prefix: str, *, before: datetime) -> int:
        """Removes the hidden files under `prefix` that no writer has touched since that time."""
        aborted = 0
        with folder_errors(f"clear up under {prefix}", self.root):
            for path in self._path(prefix.rstrip("/")).rglob(f"{HALF_WRITTEN}*"):
                try:
                    if path.stat().st_mtime < before.timestamp():
                        path.unlink()
                        aborted += 1
                except FileNotFoundError:  # its writer has just finished, or somebody else was faster
                    continue
        return aborted

    def starts_to_expire(self, prefix: str, at: datetime, *, most: int = 500) -> bool:
        """Dates the folder `prefix` by a hidden file in it, whose modification time is `at`."""
        folder = self._path(prefix.rstrip("/"))
        if not folder.is_dir():
            return True
        mark = folder / EXPIRY_NAME
        with folder_errors(f"date {prefix}", self.root):
            since = at.timestamp()
            try:
                since = max(since, mark.stat().st_mtime)
            except FileNotFoundError:
                mark.touch()
            os.utime(mark, (since, since))
        return True

    def remove_expired(self, prefix: str, *, before: datetime) -> tuple[str, ...]:
        """Removes the folders under `prefix` that were dated to an earlier time than `before`; gives their names.

        What lifecycle rules do in a bucket, a folder has to be asked for.
        """
        gone = []
        with folder_errors(f"remove what has expired under {prefix}", self.root):
            for mark in sorted(self._path(prefix.rstrip("/")).glob(f"*/{EXPIRY_NAME}")):
                if mark.stat().st_mtime < before.timestamp():
                    shutil.rmtree(mark.parent)
                    gone.append(mark.parent.relative_to(self.root).as_posix())
        return tuple(gone)

    def _path(self, name: str) -> Path:
        check_name(name)
        parts = PurePosixPath(name).parts
        if any(len(os.fsencode(part)) > LONGEST_NAME for part in parts):
            raise PermanentError(
                f"the name {name[:40]!r}… is too long for a file",
                advice=f"Shorten it to at most {LONGEST_NAME} bytes.",
            )
        return self.root.joinpath(*parts)

    def _generation_of(self, path: Path) -> int | None:
        try:
            return self._generation(path.stat())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _info(self, name: str, stat: os.stat_result) -> ObjectInfo:
        return ObjectInfo(
            name=name,
            version=str(self._generation(stat)),
            size=stat.st_size,
            updated=datetime.fromtimestamp(stat.st_mtime, UTC),
            content_type=mimetypes.guess_type(name)[0],
        )

    def _not_found(self, name: str) -> NotFound:
        return NotFound(f"there is no {name} in {self.root}")

    @contextmanager
    def _temporary_beside(self, path: Path) -> Iterator[Path]:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=HALF_WRITTEN)
        os.close(handle)
        try:
            Path(temporary).chmod(0o644)
            yield Path(temporary)
        finally:
            Path(temporary).unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / LOCK_NAME).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
