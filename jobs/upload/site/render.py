"""Pages from data. They ask nobody else for anything, run no inline script, and say so by their policy."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from jobs.upload.feed import newest_first
from jobs.upload.immutable import Immutable, fingerprint
from jobs.upload.languages import described_in, long_date, words
from jobs.upload.links import FEED, address, episode_file, index_page_key, site_address, up_from
from jobs.upload.text import clock, links_in, shortened
from shared.models import CatalogueEntry, Segment
from shared.show import ShowSettings

PAGE_LENGTH = 100
"""Episodes on one page of the show."""
TEASER_BYTES = 420
SCRIPT_TYPE = "text/javascript; charset=utf-8"
HERE = Path(__file__).parent


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"clock": clock, "pieces": links_in, "teaser": lambda text: shortened(text, TEASER_BYTES)}
    return environment


@cache
def _asset(name: str) -> str:
    return (HERE / name).read_text("utf-8")


@cache
def script(name: str) -> Immutable:
    """One of the site's two scripts as an object of the public bucket."""
    content = _asset(name).encode()
    return Immutable(f"assets/{Path(name).stem}-{fingerprint(content)}.js", content, SCRIPT_TYPE)


def render_show_pages(
    show: ShowSettings, entries: Sequence[CatalogueEntry], base_url: str, *, cover_key: str
) -> list[tuple[str, bytes]]:
    """The show's pages, newest episodes first, as (key, content); always at least one."""
    ordered = newest_first(entries)
    groups = [ordered[at : at + PAGE_LENGTH] for at in range(0, len(ordered), PAGE_LENGTH)] or [[]]
    return [
        (
            index_page_key(number),
            _page(
                "show.html",
                script=script("show.js").key,
                language=show.language,
                show=show,
                episodes=group,
                cover=cover_key,
                feed=FEED,
                canonical=site_address(base_url) if number == 1 else address(base_url, index_page_key(number)),
                social_image=address(base_url, cover_key),
                described_in=lambda entry: described_in(entry, show),
                day=lambda moment: long_date(moment, show.language, show.time_zone),
                newer=index_page_key(number - 1) if number > 1 else None,
                older=index_page_key(number + 1) if number < len(groups) else None,
            ),
        )
        for number, group in enumerate(groups, start=1)
    ]


def render_episode_page(
    show: ShowSettings, entry: CatalogueEntry, segments: Sequence[Segment], base_url: str, *, cover_key: str
) -> bytes:
    """The episode's page: player, chapters, notes, and a transcript that follows the audio."""
    key = episode_file(entry, "index.html")
    root = up_from(key)
    language = described_in(entry, show)
    return _page(
        "episode.html",
        script=root + script("player.js").key,
        language=language,
        show=show,
        episode=entry,
        segments=segments,
        show_language=show.language,
        root=root,
        cover=root + (entry.cover_key or cover_key),
        feed=root + FEED,
        canonical=address(base_url, key),
        social_image=address(base_url, entry.cover_key or cover_key),
        day=long_date(entry.published_at, language, show.time_zone),
        downloads=_downloads(entry, language),
        linked_data=_linked_data(show, entry, base_url, cover_key),
    )


def _downloads(entry: CatalogueEntry, language: str) -> list[tuple[str, str]]:
    said = words(language)
    audio = [(said["audio"], "audio.mp3")]
    transcripts = [(f"{said['transcript']} ({name.upper()})", f"transcript.{name}") for name in ("vtt", "srt", "json")]
    return audio + (transcripts if entry.transcribed else [])


def _linked_data(show: ShowSettings, entry: CatalogueEntry, base_url: str, cover_key: str) -> Markup:
    """https://schema.org/PodcastEpisode."""
    document = {
        "@context": "https://schema.org",
        "@type": "PodcastEpisode",
        "url": address(base_url, episode_file(entry, "index.html")),
        "name": entry.title,
        "description": entry.summary,
        "datePublished": entry.published_at.isoformat(),
        "duration": f"PT{max(1, round(entry.duration_seconds))}S",
        "inLanguage": entry.language,
        "image": address(base_url, entry.cover_key or cover_key),
        "associatedMedia": {"@type": "MediaObject", "contentUrl": address(base_url, entry.audio.key)},
        "partOfSeries": {"@type": "PodcastSeries", "name": show.title, "url": site_address(base_url)},
    }
    # "</script>" in a title must not end the element.
    text = json.dumps(document, ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped for a script element in the line above


def _page(template: str, *, language: str, **data: object) -> bytes:
    style = _asset("style.css")
    policy = (
        f"default-src 'none'; img-src 'self'; media-src 'self'; style-src '{_digest(style)}'; "
        "script-src 'self'; base-uri 'none'; form-action 'none'"
    )
    return (
        _environment()
        .get_template(template)
        .render(
            **data,
            language=language,
            words=words(language),
            policy=policy,
            style=Markup(style),  # noqa: S704 - our own file
        )
        .encode()
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
