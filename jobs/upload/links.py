"""Keys in the public bucket and the addresses they are served at."""

from __future__ import annotations

from shared.models import CatalogueEntry

FEED = "feed.rss"
INDEX = "index.html"


def feed_page_key(number: int) -> str:
    """The feed's pages, newest first: `feed.rss`, then `feed-2.rss` and so on."""
    return FEED if number == 1 else f"feed-{number}.rss"


def index_page_key(number: int) -> str:
    """The show's pages, newest first: `index.html`, then `page-2.html` and so on."""
    return INDEX if number == 1 else f"page-{number}.html"


def episode_file(entry: CatalogueEntry, name: str) -> str:
    """The key of one of the episode's files."""
    return f"{entry.folder}/{name}"


def address(base_url: str, key: str) -> str:
    """Where the object is served. Our own keys need no quoting: see jobs/upload/request.py."""
    return f"{base_url.rstrip('/')}/{key}"


def site_address(base_url: str) -> str:
    """The show's own page, with the slash that a folder's address ends in."""
    return f"{base_url.rstrip('/')}/"


def up_from(key: str) -> str:
    """The relative way from a page to the site's root: `../../` for `podcasts/<job-id>/index.html`."""
    return "../" * key.count("/")
