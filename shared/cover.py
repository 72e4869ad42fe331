"""What podcast directories accept as a show's cover."""

from __future__ import annotations

import io
import warnings
from typing import Final

SMALLEST: Final = 1400
LARGEST: Final = 3000
"""Pixels a side. Source: PSP-1 and https://podcasters.apple.com/support/896-artwork-requirements."""
NEEDED: Final = f"Make it a square JPEG or PNG of {SMALLEST:,} to {LARGEST:,} pixels a side."


def why_refused(content: bytes) -> str | None:
    """Why directories would refuse this picture, going on from its name; None where they take it."""
    # Only who has a cover needs it, and it takes its time.
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            # A picture of a hundred million pixels is refused below in our own words.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as picture:
                kind, (width, height) = picture.format, picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError):
        return "is no picture that can be read; make it a square JPEG or PNG"
    if kind not in {"JPEG", "PNG"}:
        return f"is a {kind}; directories take JPEG and PNG"
    if width != height:
        return f"is {width} × {height} pixels; directories take squares only"
    if not SMALLEST <= width <= LARGEST:
        return f"has {width} pixels a side; directories take {SMALLEST} to {LARGEST}"
    return None
