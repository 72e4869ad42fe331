"""Show notes: what an app shows beneath an episode, as the little HTML that apps agree on (p, ul, li, a)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from jobs.upload.languages import described_in, primary, words
from jobs.upload.links import address, episode_file
from jobs.upload.text import clock, legal, links_in, shortened
from shared.models import CatalogueEntry, Chapter
from shared.show import ShowSettings

MOST_BYTES = 4000
"""Of a description. Source: PSP-1."""
SUMMARY_BYTES = 2000
"""What a summary may take where the notes must fit; chapters and links find their place behind it."""
DISCLOSURE_BYTES = 500
FOOTER_BYTES = 700


def render_notes(entry: CatalogueEntry, show: ShowSettings, base_url: str) -> str:
    """The whole notes, however long."""
    language = described_in(entry, show)
    return "".join(
        (
            _paragraphs(entry.summary),
            _chapters(entry.chapters, language),
            _minutes(entry, language),
            _links(entry, base_url, language),
            _keywords(entry, language),
            _paragraphs(entry.made_by or ""),
            _paragraphs(show.footer),
        )
    )


def render_description(entry: CatalogueEntry, show: ShowSettings, base_url: str) -> str:
    """The notes in at most 4,000 bytes: the whole where it fits, else a shorter summary and the first chapters."""
    whole = render_notes(entry, show, base_url)
    if _size(whole) <= MOST_BYTES:
        return whole
    language = described_in(entry, show)
    # Links, disclosure and footer come before chapters: what was made by a machine must be said.
    closing = (
        _links(entry, base_url, language)
        + _fitting(entry.made_by or "", DISCLOSURE_BYTES)
        + _fitting(show.footer, FOOTER_BYTES)
    )
    summary = _fitting(entry.summary, SUMMARY_BYTES)
    room = MOST_BYTES - _size(summary) - _size(closing)
    shown = len(entry.chapters)
    while shown and _size(_chapters(entry.chapters[:shown], language)) > room:
        shown -= 1
    return summary + _chapters(entry.chapters[:shown], language) + closing


def _fitting(text: str, most: int) -> str:
    budget = most
    while _size(html := _paragraphs(shortened(text, budget))) > most:
        # Escaping made it longer than its text.
        budget -= _size(html) - most
    return html


def _paragraphs(text: str) -> str:
    blocks = [" ".join(block.split()) for block in legal(text).split("\n\n")]
    return "".join(f"<p>{_linked(block)}</p>" for block in blocks if block)


def _linked(text: str) -> str:
    return "".join(
        f'<a href="{escape(piece)}">{escape(piece)}</a>' if is_address else escape(piece)
        for piece, is_address in links_in(text)
    )


def _chapters(chapters: Sequence[Chapter], language: str) -> str:
    lines = [f"{clock(each.start)} {each.title}" for each in chapters]
    return _list(words(language)["chapters"], lines)


def _minutes(entry: CatalogueEntry, language: str) -> str:
    if entry.minutes is None:
        return ""
    said = words(language)
    return "".join(_list(said[kind], getattr(entry.minutes, kind)) for kind in ("topics", "decisions", "action_items"))


def _links(entry: CatalogueEntry, base_url: str, language: str) -> str:
    said = words(language)
    page = address(base_url, episode_file(entry, "index.html"))
    return f'<p><a href="{escape(page)}">{escape(said["episode_page"])}</a></p>'


def _keywords(entry: CatalogueEntry, language: str) -> str:
    if not entry.keywords:
        return ""
    joined = ("、" if primary(language) == "ja" else ", ").join(entry.keywords)
    return f"<p>{escape(words(language)['keywords'])}: {escape(legal(joined))}</p>"


def _list(heading: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    rows = "".join(f"<li>{escape(legal(line))}</li>" for line in lines)
    return f"<p>{escape(heading)}</p><ul>{rows}</ul>"


def _size(text: str) -> int:
    return len(text.encode())
