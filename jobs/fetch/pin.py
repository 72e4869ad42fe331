"""Copying the source at one version: the pinned copy is that version or there is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from shared.errors import NotFound, PermanentError, Superseded, UnusableAudio
from shared.storage import ObjectInfo, ObjectStore


@dataclass(frozen=True)
class Pinned:
    """The copy: its size in bytes, and the version of the source that it is."""

    size: int
    generation: int


def copy_location(output_path: str, extension: str, *, is_folder: bool) -> str:
    """Where the copy goes: `output_path` itself, or `source.<extension>` in it where it is a folder.

    A path that ends in a slash or has no extension is a folder too.

    Raises:
        PermanentError: the path's extension is another kind than the source's, and later steps go by it.
    """
    suffix = PurePosixPath(output_path).suffix.lower().removeprefix(".")
    if is_folder or output_path.endswith("/") or not suffix:
        return f"{output_path.rstrip('/')}/source.{extension}"
    if suffix != extension:
        raise PermanentError(
            f"the source is a .{extension} file, and --output-path {output_path} would call it .{suffix}",
            advice=f"Give --output-path a name that ends in .{extension}, or a folder.",
        )
    return output_path


def pin(source: ObjectStore, object_name: str, generation: int | None, *, into: ObjectStore, name: str) -> Pinned:
    """Copies the object as it was at `generation`, or at its newest version if None.

    Raises:
        NotFound: it is gone.
        Superseded: it is another version already, or became one meanwhile; no copy stays behind.
        UnusableAudio: it is empty.
    """
    before = _stat(source, object_name)
    _expect(before, generation, object_name)
    if before.size == 0:
        raise UnusableAudio(
            f"{object_name} is empty: 0 bytes",
            advice="Check whether the copy was interrupted, and drop the file again.",
        )
    try:
        # Between two buckets of GCS the recording never passes through this program.
        copied = into.copy_from(source, object_name, version=before.version, name=name)
    except NotFound:
        _expect(_stat(source, object_name), int(before.version), object_name)
        raise
    return Pinned(size=copied.size, generation=int(before.version))


def _stat(source: ObjectStore, object_name: str) -> ObjectInfo:
    try:
        return source.stat(object_name)
    except NotFound as error:
        raise NotFound(
            f"{object_name} is no longer in {source.bucket}, or never was",
            advice="Drop the file again; what was published of it stays as it is.",
        ) from error


def _expect(found: ObjectInfo, generation: int | None, object_name: str) -> None:
    if generation is not None and found.version != str(generation):
        raise Superseded(
            f"a newer version of {object_name} arrived: this job is about {generation}, and there is {found.version}",
            advice="Nothing to do: the newer version has a job of its own.",
        )
