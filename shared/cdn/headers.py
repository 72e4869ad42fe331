"""What each kind of public file is served with: one table of content type, caching and disposition."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


@dataclass(frozen=True)
class FileHeaders:
    """The headers that are kept with the object and come with every answer."""

    content_type: str
    cache_control: str
    content_disposition: str


FEED: Final = f"public, max-age={MINUTE}"
"""Feeds and the show's pages: listeners' apps ask all the time and compare the ETag."""
PAGE: Final = f"public, max-age={5 * MINUTE}"
"""What an edit changes in place: an episode's page, transcripts, chapters, metadata."""
MEDIA: Final = f"public, max-age={7 * DAY}"
"""Audio. Its sound never changes under one address, only its tags do, by an edit."""
NAMED_BY_CONTENT: Final = f"public, max-age={365 * DAY}, immutable"
"""The show's cover: another picture has another name."""

_INLINE: Final = "inline"
_KINDS: Final[dict[str, tuple[str, str]]] = {
    ".mp3": ("audio/mpeg", MEDIA),
    ".m4a": ("audio/mp4", MEDIA),
    ".rss": ("application/rss+xml; charset=utf-8", FEED),
    ".xml": ("application/xml; charset=utf-8", FEED),
    ".html": ("text/html; charset=utf-8", PAGE),
    ".css": ("text/css; charset=utf-8", PAGE),
    ".js": ("text/javascript; charset=utf-8", PAGE),
    ".vtt": ("text/vtt; charset=utf-8", PAGE),
    ".srt": ("application/x-subrip; charset=utf-8", PAGE),
    ".json": ("application/json; charset=utf-8", PAGE),
    ".txt": ("text/plain; charset=utf-8", PAGE),
    ".jpg": ("image/jpeg", PAGE),
    ".jpeg": ("image/jpeg", PAGE),
    ".png": ("image/png", PAGE),
}
_NAMES: Final[dict[str, tuple[str, str]]] = {
    # https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/chapters/jsonChapters.md
    "chapters.json": ("application/json+chapters", PAGE),
}
_UNKNOWN: Final = FileHeaders("application/octet-stream", PAGE, "attachment")
"""A file of no known kind is downloaded, never shown: a browser would run what looks like a page."""


def headers_of(name: str, content_type: str | None = None) -> FileHeaders:
    """The headers of the object called `name`; a `content_type` that its writer knows better comes first."""
    path = PurePosixPath(name)
    kind = _NAMES.get(path.name) or _KINDS.get(path.suffix.lower())
    if kind is None:
        return FileHeaders(content_type or _UNKNOWN.content_type, _UNKNOWN.cache_control, _UNKNOWN.content_disposition)
    type_of_kind, caching = kind
    at_top = len(path.parts) == 1
    if at_top and path.name.startswith("cover-"):
        caching = NAMED_BY_CONTENT
    elif at_top and path.suffix == ".html":
        caching = FEED
    return FileHeaders(content_type or type_of_kind, caching, _disposition(path))


def _disposition(path: PurePosixPath) -> str:
    # Every episode's audio is called audio.mp3: in a folder of downloads its episode tells them apart.
    if path.stem == "audio" and len(path.parts) > 1 and path.parent.name.isascii() and '"' not in path.parent.name:
        return f'{_INLINE}; filename="{path.parent.name}{path.suffix}"'
    return _INLINE
