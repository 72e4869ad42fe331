"""Whether the show's cover is one that podcast directories accept."""

from __future__ import annotations

from pathlib import Path

from shared.cover import why_refused


class CoverRefused(Exception):
    """Directories would refuse the cover. The message goes on from its file name."""


def check_cover(path: Path) -> None:
    """Raises CoverRefused where the file is no square JPEG or PNG of the right size."""
    if not path.is_file():
        raise CoverRefused(f"is not there: {path.name} belongs beside Pulumi.yaml")
    reason = why_refused(path.read_bytes())
    if reason:
        raise CoverRefused(reason)
