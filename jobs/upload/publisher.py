"""Folding: from the catalogue to feed and site, by one publisher at a time, the feed last.

Whoever reads the feed finds everything that it links to: an episode's files are there before its entry, and pages
before the feed. If a write fails, the feed is as it was, and the next publisher makes up for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jobs.upload.catalogue import Snapshot, catalogue_versions, keep_snapshot, read_catalogue
from jobs.upload.cover import Cover
from jobs.upload.feed import Channel, podcast_guid, render_feed
from jobs.upload.immutable import write_once
from jobs.upload.lease import Clock, publisher_lease
from jobs.upload.links import FEED, address, feed_page_key, index_page_key
from jobs.upload.site.render import render_show_pages, script
from shared import workspace
from shared.errors import ConflictError, NotFound
from shared.show import ShowSettings
from shared.storage import ABSENT, ObjectStore

FEED_TYPE = "application/rss+xml; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
TURNS = 10
"""How often the catalogue may change while it is being folded; each time carries somebody's episode out."""


@dataclass(frozen=True)
class Publication:
    """What a publisher folds for: the two buckets, the show, and where the public one is served."""

    work: ObjectStore
    public: ObjectStore
    show: ShowSettings
    cover: Cover
    base_url: str


def publish(to: Publication, *, owner: str, now: Clock) -> None:
    """Brings feed and site to the catalogue's state.

    Raises:
        LeaseHeld: another publisher did not come to an end.
        ConflictError: catalogue or feed kept changing.
    """
    with publisher_lease(to.work, owner, now=now):
        for _ in range(TURNS):
            try:
                folded = fold(to)
            except ConflictError:
                # Somebody took our lease for abandoned and published meanwhile: look again at what is there.
                continue
            if folded.versions() == catalogue_versions(to.work):
                keep_snapshot(to.work, folded)
                to.work.write(workspace.SHOW_COVER, to.cover.key.encode(), content_type="text/plain")
                return
    raise ConflictError("the catalogue kept changing while it was being published")


def fold(to: Publication) -> Snapshot:
    """Writes what differs from the catalogue's state; returns that state."""
    # The versions to replace are read before the catalogue: an older state can never replace a newer one.
    feed_before = _current(to.public, FEED)
    index_before = _current(to.public, index_page_key(1))
    snapshot = read_catalogue(to.work)
    entries = snapshot.catalogue()
    channel = Channel(guid=assigned_guid(to), cover_key=to.cover.key)
    feed = render_feed(to.show, entries, to.base_url, channel=channel)
    pages = render_show_pages(to.show, entries, to.base_url, cover_key=to.cover.key)
    for item in (to.cover.as_object(), script("show.js")):
        write_once(to.public, item)
    for key, content in pages[1:]:
        _write(to.public, key, content, _current(to.public, key), HTML_TYPE)
    for key, content in feed[1:]:
        _write(to.public, key, content, _current(to.public, key), FEED_TYPE)
    _write(to.public, *pages[0], index_before, HTML_TYPE)
    _write(to.public, *feed[0], feed_before, FEED_TYPE)
    _delete_leftovers(to.public, len(feed), feed_page_key)
    _delete_leftovers(to.public, len(pages), index_page_key)
    return snapshot


def assigned_guid(to: Publication) -> str:
    """The show's podcast:guid: made from the feed's first address, and kept when the address changes."""
    wanted = podcast_guid(address(to.base_url, FEED))
    try:
        to.work.write(workspace.SHOW_GUID, wanted.encode(), expect=ABSENT, content_type="text/plain")
    except ConflictError:
        return to.work.read(workspace.SHOW_GUID)[0].decode()
    return wanted


@dataclass(frozen=True)
class _Current:
    content: bytes | None
    version: str


def _current(public: ObjectStore, key: str) -> _Current:
    try:
        content, info = public.read(key)
    except NotFound:
        return _Current(None, ABSENT)
    return _Current(content, info.version)


def _write(public: ObjectStore, key: str, content: bytes, before: _Current, content_type: str) -> None:
    # An object takes about one write a second: what is the same already needs none.
    if content != before.content:
        public.write(key, content, expect=before.version, content_type=content_type)


def _delete_leftovers(public: ObjectStore, pages: int, key_of: Callable[[int], str]) -> None:
    number = pages + 1
    while True:
        key = key_of(number)
        try:
            public.stat(key)
        except NotFound:
            return
        public.delete(key)
        number += 1
