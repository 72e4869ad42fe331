"""Whether the show's cover is one that podcast directories accept."""

from __future__ import annotations

import warnings
from pathlib import Path

SMALLEST, LARGEST = 1400, 3000
"""Pixels a side. Source: PSP-1 and https://podcasters.apple.com/support/896-artwork-requirements."""


class CoverRefused(Exception):
    """Directories would refuse the cover. The message goes on from its file name."""


def check_cover(path: Path) -> None:
    """Raises CoverRefused where the file is no square JPEG or PNG of the right size."""
    # Only stacks with a cover need it, and it takes its time.
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415

    if not path.is_file():
        raise CoverRefused(f"is not there: {path.name} belongs beside Pulumi.yaml")
    try:
        with warnings.catch_warnings():
            # A picture of a hundred million pixels is refused below in our own words.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                kind, (width, height) = picture.format, picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise CoverRefused("is no picture that can be read; make it a square JPEG or PNG") from error
    if kind not in {"JPEG", "PNG"}:
        raise CoverRefused(f"is a {kind}; directories take JPEG and PNG")
    if width != height:
        raise CoverRefused(f"is {width} × {height} pixels; directories take squares only")
    if not SMALLEST <= width <= LARGEST:
        raise CoverRefused(f"has {width} pixels a side; directories take {SMALLEST} to {LARGEST}")
