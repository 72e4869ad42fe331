"""The feed: RSS 2.0 as PSP-1 asks for it, a pure function of the show and its catalogue.

Sources: https://github.com/Podcast-Standards-Project/PSP-1-Podcast-RSS-Specification,
https://podcasting2.org/docs/podcast-namespace, https://www.rssboard.org/rss-specification and RFC 5005 for pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from uuid import UUID, uuid5

from lxml import etree

from jobs.upload.links import FEED, address, episode_file, feed_page_key, site_address
from jobs.upload.notes import render_description, render_notes
from jobs.upload.text import legal, shortened
from jobs.upload.transcripts import CHAPTERS_TYPE
from shared.models import CatalogueEntry
from shared.show import ShowSettings

LARGEST = 5_000_000
"""Bytes of a feed that the W3C's validator and some apps still take."""
PODCAST_NAMESPACE_ID = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
GENERATOR = "podcast-automator"
XML_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
MOST_DISCLOSED = 4000
"""Characters of a podcast:txt."""

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
PODCAST = "https://podcastindex.org/namespace/1.0"
ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
# Some apps match the literal prefixes, so they are declared once, on the root, under their usual names.
PREFIXES = {"itunes": ITUNES, "podcast": PODCAST, "atom": ATOM, "content": CONTENT}


@dataclass(frozen=True)
class Channel:
    """What a feed says about itself: its key, its guid, its cover, and whether directories may list it."""

    guid: str
    cover_key: str
    key: str = FEED
    listed: bool = True


def podcast_guid(feed_url: str) -> str:
    """The show's guid for life, from the first address of its feed (podcast:guid)."""
    _, _, bare = feed_url.rpartition("://")
    return str(uuid5(PODCAST_NAMESPACE_ID, bare.rstrip("/")))


def newest_first(entries: Sequence[CatalogueEntry]) -> list[CatalogueEntry]:
    """What is public, newest first; two of the same moment in the order of their ids."""
    public = [entry for entry in entries if entry.state == "published"]
    return sorted(public, key=lambda entry: (-entry.published_at.timestamp(), entry.episode_id))


def render_feed(
    show: ShowSettings,
    entries: Sequence[CatalogueEntry],
    base_url: str,
    *,
    channel: Channel,
    largest: int = LARGEST,
) -> list[tuple[str, bytes]]:
    """The feed's pages, newest first, as (key, content); one page unless it would exceed `largest` bytes.

    The same arguments give the same bytes.
    """
    ordered = newest_first(entries)
    items = [_item(show, entry, base_url) for entry in ordered]
    built = max((entry.updated_at for entry in entries), default=None)
    rss = etree.Element("rss", version="2.0", nsmap=PREFIXES)
    head = etree.SubElement(rss, "channel")
    _describe(head, show, base_url, channel)
    if built is not None:
        _text(head, "lastBuildDate", format_datetime(built))
    head_size = len(head)
    head.extend(items)
    whole = _serialised(rss)
    if len(whole) <= largest:
        return [(channel.key, whole)]
    pages = _paged(items, largest - _room_for_head(rss, items))
    rendered: list[tuple[str, bytes]] = []
    for number, page in enumerate(pages, start=1):
        del head[head_size:]
        links = _page_links(head, number, len(pages), base_url)
        head.extend(page)
        rendered.append((feed_page_key(number), _serialised(rss)))
        for link in links:
            head.remove(link)
    return rendered


def _describe(head: etree._Element, show: ShowSettings, base_url: str, channel: Channel) -> None:
    address_of_feed = address(base_url, channel.key)
    _empty(head, f"{{{ATOM}}}link", href=address_of_feed, rel="self", type="application/rss+xml")
    _text(head, "title", show.title)
    _text(head, "link", show.link or site_address(base_url))
    _text(head, "description", show.description)
    _text(head, "language", show.language.lower())
    if show.copyright:
        _text(head, "copyright", show.copyright)
    _text(head, "generator", GENERATOR)
    _text(head, f"{{{ITUNES}}}author", show.author)
    name, _, sub = show.category.partition(" > ")
    category = _empty(head, f"{{{ITUNES}}}category", text=name)
    if sub:
        _empty(category, f"{{{ITUNES}}}category", text=sub)
    _text(head, f"{{{ITUNES}}}explicit", _boolean(show.explicit))
    _empty(head, f"{{{ITUNES}}}image", href=address(base_url, channel.cover_key))
    _text(head, f"{{{ITUNES}}}type", show.type)
    if show.owner:
        owner = etree.SubElement(head, f"{{{ITUNES}}}owner")
        _text(owner, f"{{{ITUNES}}}name", show.owner.name)
        _text(owner, f"{{{ITUNES}}}email", show.owner.email)
    if not channel.listed:
        _text(head, f"{{{ITUNES}}}block", "Yes")
    _text(head, f"{{{PODCAST}}}guid", channel.guid)
    locked = _text(head, f"{{{PODCAST}}}locked", "yes")
    if show.owner:
        locked.set("owner", show.owner.email)
    _text(head, f"{{{PODCAST}}}medium", "podcast")


def _item(show: ShowSettings, entry: CatalogueEntry, base_url: str) -> etree._Element:
    def url(name: str) -> str:
        return address(base_url, episode_file(entry, name))

    item = etree.Element("item", nsmap=PREFIXES)
    _text(item, "title", entry.title)
    _text(item, "link", url("index.html"))
    _text(item, "guid", entry.episode_id).set("isPermaLink", "false")
    _text(item, "pubDate", format_datetime(entry.published_at))
    _html(item, "description", render_description(entry, show, base_url))
    _html(item, f"{{{CONTENT}}}encoded", render_notes(entry, show, base_url))
    _empty(
        item,
        "enclosure",
        url=address(base_url, entry.audio.key),
        length=str(entry.audio.size),
        type=entry.audio.mime_type,
    )
    _text(item, f"{{{ITUNES}}}duration", str(max(1, round(entry.duration_seconds))))
    _text(item, f"{{{ITUNES}}}explicit", _boolean(show.explicit))
    _text(item, f"{{{ITUNES}}}episodeType", "full")
    if entry.cover_key:
        _empty(item, f"{{{ITUNES}}}image", href=address(base_url, entry.cover_key))
    if entry.transcribed:
        transcript = f"{{{PODCAST}}}transcript"
        _empty(item, transcript, url=url("transcript.vtt"), type="text/vtt", language=entry.language)
        _empty(
            item,
            transcript,
            url=url("transcript.srt"),
            type="application/x-subrip",
            language=entry.language,
            rel="captions",
        )
        _empty(item, transcript, url=url("transcript.json"), type="application/json", language=entry.language)
    if entry.chapters:
        _empty(item, f"{{{PODCAST}}}chapters", url=url("chapters.json"), type=CHAPTERS_TYPE)
    if entry.made_by:
        disclosure = shortened(entry.made_by, MOST_DISCLOSED)
        _text(item, f"{{{PODCAST}}}txt", disclosure).set("purpose", "ai-content")
    return item


def _paged(items: Sequence[etree._Element], room: int) -> list[list[etree._Element]]:
    pages: list[list[etree._Element]] = [[]]
    left = room
    for item in items:
        # Serialised alone an item repeats the prefixes, so this errs on the safe side.
        size = len(etree.tostring(item, encoding="utf-8"))
        if pages[-1] and size > left:
            pages.append([])
            left = room
        pages[-1].append(item)
        left -= size
    return pages


def _room_for_head(rss: etree._Element, items: Sequence[etree._Element]) -> int:
    head = rss[0]
    for item in items:
        head.remove(item)
    # Four links to other pages take less than this.
    return len(_serialised(rss)) + 2000


def _page_links(head: etree._Element, number: int, pages: int, base_url: str) -> list[etree._Element]:
    """RFC 5005, section 3."""
    targets = {"first": 1, "last": pages}
    targets |= {"previous": number - 1} if number > 1 else {}
    targets |= {"next": number + 1} if number < pages else {}
    head[0].set("href", address(base_url, feed_page_key(number)))
    return [
        _empty(head, f"{{{ATOM}}}link", rel=rel, href=address(base_url, feed_page_key(target)))
        for rel, target in targets.items()
    ]


def _serialised(rss: etree._Element) -> bytes:
    # lxml writes the declaration with single quotes, which some readers' own patterns do not know.
    return XML_DECLARATION + etree.tostring(rss, encoding="UTF-8", xml_declaration=False, pretty_print=True)


def _text(parent: etree._Element, tag: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, tag)
    element.text = legal(text)
    return element


def _html(parent: etree._Element, tag: str, html: str) -> None:
    # In CDATA the bytes that count against the limit are the text's own. "]]>" cannot occur: notes escape ">".
    etree.SubElement(parent, tag).text = etree.CDATA(html)


def _empty(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, tag)
    for name, value in attributes.items():
        element.set(name, legal(value))
    return element


def _boolean(value: bool) -> str:  # noqa: FBT001 - it is the value that is written
    return "true" if value else "false"
