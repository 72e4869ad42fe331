"""What a file system refuses, in our words. Used at the edge, by the folder store."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shared.errors import NoRoom, PermanentError, TransientError

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
PASSING: Final = frozenset({errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EBUSY, errno.ESTALE})
REFUSED: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EFBIG}
)


@contextmanager
def folder_errors(doing: str, folder: Path) -> Iterator[None]:
    """Translates what the file system raises inside; what a reader of somebody else's raises passes through.

    Args:
        doing: what is tried, to complete "could not …".
        folder: the store's folder, for the message.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoRoom(
                f"could not {doing}: the disk that holds {folder} is full", advice="Free some space; it is tried again."
            ) from error
        if error.errno in PASSING:
            raise TransientError(f"could not {doing} in {folder}: {error.strerror}") from error
        if error.errno in REFUSED:
            raise PermanentError(
                f"could not {doing} in {folder}: {error.strerror}",
                advice="Let this user write there, or set PODCAST_DATA to another folder.",
            ) from error
        raise
