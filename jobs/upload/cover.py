"""Covers: the show's own, checked against what directories accept, or one drawn from its title."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from jobs.upload.immutable import Immutable, fingerprint
from shared.cover import LARGEST, SMALLEST
from shared.errors import PermanentError

NEEDED = f"a square JPEG or PNG of {SMALLEST:,} to {LARGEST:,} pixels a side"
MOST_BYTES = 20 * 1024 * 1024
EMBEDDED_SIDE = 800
EMBEDDED_BYTES = 300_000
"""A cover larger than this is made smaller inside the MP3, which every listener downloads."""

_TYPES = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png")}
_PALETTE = ("#1f3a5f", "#5b2a4a", "#24513f", "#6b3324", "#3c3a6e", "#2d4a57")


@dataclass(frozen=True)
class Cover:
    """A cover that directories accept."""

    content: bytes
    content_type: str
    extension: str

    @property
    def key(self) -> str:
        """Its key as the show's cover. A changed cover is a new key: apps and caches notice by the address."""
        return f"cover-{fingerprint(self.content)}.{self.extension}"

    def as_object(self) -> Immutable:
        """The cover as the show's, ready to be written."""
        return Immutable(self.key, self.content, self.content_type)


def checked(content: bytes, name: str) -> Cover:
    """The picture as a cover.

    Raises:
        PermanentError: directories would refuse it; says what it is and what is needed.
    """
    advice = f"Make it {NEEDED}."
    if len(content) > MOST_BYTES:
        raise PermanentError(f"the cover {name} has {len(content):,} bytes, more than {MOST_BYTES:,}", advice=advice)
    try:
        with warnings.catch_warnings():
            # The header alone is read before the size is known, so a decompression bomb is never unpacked.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=tuple(_TYPES))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise PermanentError(f"the cover {name} is neither JPEG nor PNG", advice=advice) from error
    width, height = picture.size
    if width != height or not SMALLEST <= width <= LARGEST:
        raise PermanentError(
            f"the cover {name} is {width:,} × {height:,} pixels, and directories need {NEEDED}", advice=advice
        )
    try:
        picture.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise PermanentError(f"the cover {name} is damaged: {error}", advice=advice) from error
    content_type, extension = _TYPES[str(picture.format)]
    return Cover(content, content_type, extension)


def drawn(title: str) -> Cover:
    """A cover from the title's initials, the same for the same title; a plain mark where the font has no letters."""
    side = SMALLEST
    ground = _PALETTE[hashlib.sha256(title.encode(errors="replace")).digest()[0] % len(_PALETTE)]
    picture = Image.new("RGB", (side, side), ground)
    pen = ImageDraw.Draw(picture)
    initials = _initials(title)
    if initials:
        font = ImageFont.load_default(size=620 if len(initials) == 1 else 520)
        pen.text((side / 2, side * 0.45), initials, fill="#ffffff", font=font, anchor="mm")
    else:
        for radius in (330, 220, 110):
            box = (side / 2 - radius, side * 0.44 - radius, side / 2 + radius, side * 0.44 + radius)
            pen.ellipse(box, outline="#ffffff", width=44)
    _wave(pen, side)
    return Cover(_png(picture), "image/png", "png")


def for_the_tag(cover: Cover) -> Cover:
    """The cover as it goes into the MP3: itself, or a smaller JPEG of it."""
    if len(cover.content) <= EMBEDDED_BYTES:
        return cover
    with Image.open(io.BytesIO(cover.content), formats=tuple(_TYPES)) as picture:
        smaller = picture.convert("RGB").resize((EMBEDDED_SIDE, EMBEDDED_SIDE), Image.Resampling.LANCZOS)
    writer = io.BytesIO()
    smaller.save(writer, "JPEG", quality=85, optimize=True)
    return Cover(writer.getvalue(), "image/jpeg", "jpg")


def _initials(title: str) -> str:
    first = [word[0].upper() for word in title.split() if word[0].isalnum()]
    # The font that Pillow carries has Latin letters only; anything else would be drawn as boxes.
    return "".join(first[:2]) if first and all(ord(letter) < 0x250 for letter in first[:2]) else ""  # noqa: PLR2004


def _wave(pen: ImageDraw.ImageDraw, side: int) -> None:
    heights = (30, 62, 104, 70, 128, 88, 48, 96, 58, 34, 72, 40)
    step, width = 56, 20
    left = (side - step * (len(heights) - 1)) / 2
    for place, height in enumerate(heights):
        x, y = left + place * step, side * 0.84
        pen.rounded_rectangle(
            (x - width / 2, y - height / 2, x + width / 2, y + height / 2), radius=width / 2, fill="#ffffff"
        )


def _png(picture: Image.Image) -> bytes:
    writer = io.BytesIO()
    picture.quantize(32).save(writer, "PNG", optimize=True)
    return writer.getvalue()
