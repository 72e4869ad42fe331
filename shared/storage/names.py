"""What may be the name of an object, in every store."""

from __future__ import annotations

from pathlib import PurePosixPath

from shared.errors import PermanentError

LONGEST_KEY = 1024
"""Bytes that a name may have in GCS and R2. Source: https://cloud.google.com/storage/docs/objects#naming."""


def check_name(name: str) -> None:
    """Refuses what is no name: nothing, a folder, a way out of the store, a control character that ends strings.

    Raises:
        PermanentError: says what a name is.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or name.endswith("/") or ".." in parts or "\0" in name:
        raise PermanentError(f"{name!r} is not a name for an object", advice="Use a relative name without '..' in it.")


def check_key(name: str) -> None:
    """Like `check_name`, with the limit that buckets have.

    Raises:
        PermanentError: it is no name, or too long.
    """
    check_name(name)
    if len(name.encode(errors="surrogateescape")) > LONGEST_KEY:
        raise PermanentError(
            f"the name {name[:40]!r}… is too long for an object",
            advice=f"Shorten it to at most {LONGEST_KEY} bytes.",
        )
