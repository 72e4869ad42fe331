"""The show: what stays the same from one episode to the next.

On a laptop it is read from `$PODCAST_DATA/show.toml`, in the cloud from the stack's configuration; docs/show.md
explains every setting.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shared.categories import APPLE_CATEGORIES
from shared.errors import PermanentError, reasons_of

FILE_NAME = "show.toml"

Name = Annotated[str, Field(min_length=1, max_length=100)]


class Owner(BaseModel):
    """Who answers for the show; directories write to this address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class ShowSettings(BaseModel):
    """The show's settings; every one has a working default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(default="My Podcast", min_length=1, max_length=255)
    description: str = Field(
        default="A podcast published by podcast-automator.", min_length=1, description="at most 4,000 bytes"
    )
    author: str = Field(default="The podcast team", min_length=1)
    language: str = Field(default="en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="BCP 47")
    category: str = Field(
        default="Technology", description="one of Apple's categories, 'Arts > Books' for a sub-category"
    )
    owner: Owner | None = None
    explicit: bool = False
    link: str | None = Field(
        default=None, pattern=r"^https?://", description="the show's home page; the site if absent"
    )
    cover: str | None = Field(
        default=None,
        description="square JPEG or PNG, 1,400 to 3,000 px, beside show.toml; a drawn one if absent",
    )
    copyright: str | None = None
    footer: str = Field(default="", description="text that closes the notes of every episode; plain text or links")
    time_zone: str = Field(default="UTC", description="IANA name, for dates that people read")
    type: Literal["episodic", "serial"] = "episodic"
    publish: Literal["at_once", "review"] = Field(
        default="at_once", description="whether an episode goes public by itself or waits until somebody has read it"
    )
    publish_minutes: bool = Field(default=False, description="whether decisions and action items are public")
    hosts: tuple[Name, ...] = Field(default=(), max_length=20, description="who usually speaks; helps with names")
    glossary: tuple[Name, ...] = Field(
        default=(), max_length=200, description="words that a model could misspell: products, people, places"
    )
    title_pattern: str | None = Field(
        default=None,
        max_length=100,
        description="how episode titles look, such as '第{number}回 {title}'; without it, or where nobody says the "
        "episode's number, a title stands alone",
    )
    describe_in: Literal["audio", "show"] = Field(
        default="audio", description="whether title, summary and minutes are in the language spoken or the show's own"
    )
    longest_episode_hours: float = Field(default=8.0, gt=0, le=24)

    @field_validator("description")
    @classmethod
    def _fits_the_feed(cls, value: str) -> str:
        if len(value.encode()) > 4000:  # noqa: PLR2004 - PSP-1's own number
            raise ValueError("is longer than 4,000 bytes, which is the most that PSP-1 allows")
        return value

    @field_validator("title_pattern")
    @classmethod
    def _can_be_filled_in(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            names = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
            value.format(number=1, title="")
        except (ValueError, LookupError, AttributeError) as error:
            raise ValueError("may have {number} and {title} in braces, nothing else") from error
        if names - {"number", "title"}:
            raise ValueError("may have {number} and {title} in braces, nothing else")
        if "title" not in names:
            raise ValueError("has no {title}")
        return value

    @field_validator("category")
    @classmethod
    def _known_to_apple(cls, value: str) -> str:
        name, _, sub = (part.strip() for part in value.partition(">"))
        if name not in APPLE_CATEGORIES:
            raise ValueError(f"is not one of Apple's categories: {', '.join(sorted(APPLE_CATEGORIES))}")
        if sub and sub not in APPLE_CATEGORIES[name]:
            raise ValueError(f"{name} has no sub-category {sub!r}, only: {', '.join(APPLE_CATEGORIES[name]) or 'none'}")
        return f"{name} > {sub}" if sub else name

    @field_validator("time_zone")
    @classmethod
    def _known_to_iana(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not an IANA time zone such as Asia/Tokyo") from error
        return value


def load_show(folder: Path) -> ShowSettings:
    """The settings in `show.toml` of this folder, the defaults where there is none.

    Raises:
        PermanentError: the file is no TOML, or a setting in it is wrong; names file, setting and reason.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return ShowSettings()
    try:
        return ShowSettings.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PermanentError(
            f"{path} is not TOML: {error}", advice="Correct that line; docs/show.md has an example."
        ) from error
    except ValidationError as error:
        raise PermanentError(
            f"{path} has a wrong setting: {reasons_of(error)}",
            advice="Correct it; docs/show.md explains every setting.",
        ) from error
