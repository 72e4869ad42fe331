from __future__ import annotations

import feedparser
import pytest
from lxml import etree
from support_upload import BASE, NOON, FailingStore, RecordingStore, an_entry, files_under, local_settings

from jobs.upload import feed as feed_module
from jobs.upload.catalogue import publish_entry
from jobs.upload.cover import drawn
from jobs.upload.feed import podcast_guid
from jobs.upload.publisher import Publication, fold, publish
from jobs.upload.site.render import script
from shared import workspace
from shared.errors import ConflictError, TransientError
from shared.show import ShowSettings

COVER = drawn("Bees")


@pytest.fixture
def settings(tmp_path):
    return local_settings(tmp_path)


def publication(settings, public=None, base_url=BASE):
    return Publication(settings.work, public or settings.public, ShowSettings(title="Bees"), COVER, base_url)


def published(settings):
    return [entry.title for entry in feedparser.parse(settings.public.read("feed.rss")[0]).entries]


def publish_now(to):
    publish(to, owner="me", now=lambda: NOON)


def test_feed_site_and_cover_are_made_from_the_catalogue_the_feed_last(settings):
    publish_entry(settings.work, an_entry(1))
    public = RecordingStore(settings.public)
    publish_now(publication(settings, public))
    assert public.written == [
        (COVER.key, "image/png"),
        (script("show.js").key, "text/javascript; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
        ("feed.rss", "application/rss+xml; charset=utf-8"),
    ]
    assert published(settings) == ["Episode 1"]


def test_publishing_an_unchanged_catalogue_writes_nothing(settings):
    publish_entry(settings.work, an_entry(1))
    publish_now(publication(settings))
    public = RecordingStore(settings.public)
    publish_now(publication(settings, public))
    assert public.written == []


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_write_that_fails_leaves_the_feed_as_it_was_and_the_next_publisher_makes_up_for_it(settings, fails_at):
    publish_entry(settings.work, an_entry(1))
    publish_now(publication(settings))
    before = settings.public.read("feed.rss")[0]
    publish_entry(settings.work, an_entry(2))
    with pytest.raises(TransientError):
        publish_now(publication(settings, FailingStore(settings.public, fails_at=fails_at)))
    assert settings.public.read("feed.rss")[0] == before
    publish_now(publication(settings))
    assert published(settings) == ["Episode 2", "Episode 1"]


class ArrivesMeanwhile:
    """While the feed is being written for the first time, another upload puts its entry into the catalogue."""

    def __init__(self, store, work):
        self._store = store
        self._work = work

    def __getattr__(self, name):
        return getattr(self._store, name)

    def write(self, name, content, **options):
        if name == "feed.rss" and self._work is not None:
            work, self._work = self._work, None
            publish_entry(work, an_entry(2))
        return self._store.write(name, content, **options)


def test_an_entry_that_arrives_while_folding_is_in_the_feed_too(settings):
    publish_entry(settings.work, an_entry(1))
    publish_now(publication(settings, ArrivesMeanwhile(settings.public, settings.work)))
    assert published(settings) == ["Episode 2", "Episode 1"]


class StolenMeanwhile(ArrivesMeanwhile):
    """Another publisher, taking us for dead, publishes between our reading and our writing of the feed."""

    def write(self, name, content, **options):
        if name == "feed.rss" and self._work is not None:
            self._work, settings = None, self._work
            publish_entry(settings.work, an_entry(2))
            fold(publication(settings))
        return self._store.write(name, content, **options)


def test_an_older_state_never_replaces_a_newer_feed(settings):
    publish_entry(settings.work, an_entry(1))
    with pytest.raises(ConflictError):
        fold(publication(settings, StolenMeanwhile(settings.public, settings)))
    assert published(settings) == ["Episode 2", "Episode 1"]
    publish_entry(settings.work, an_entry(3))
    publish_now(publication(settings, StolenMeanwhile(settings.public, settings)))
    assert published(settings) == ["Episode 3", "Episode 2", "Episode 1"]


def test_the_show_s_guid_is_assigned_once_and_survives_a_move(settings):
    for base_url in (BASE, "https://elsewhere.example"):
        publish_now(publication(settings, base_url=base_url))
        guid = etree.fromstring(settings.public.read("feed.rss")[0]).findtext(f".//{{{feed_module.PODCAST}}}guid")
        assert guid == podcast_guid(f"{BASE}/feed.rss")
    assert settings.work.read(workspace.SHOW_GUID)[0].decode() == podcast_guid(f"{BASE}/feed.rss")


def test_pages_that_are_no_longer_needed_go_away(settings):
    for number in range(205):
        publish_entry(settings.work, an_entry(number))
    publish_now(publication(settings))
    assert {"index.html", "page-2.html", "page-3.html"} <= {name for name, _ in files_under(settings.public.root)}
    for number in range(150):
        settings.work.delete(workspace.catalogue_key(f"episode-{number}"))
    publish_now(publication(settings))
    names = {name for name, _ in files_under(settings.public.root)}
    assert names == {"index.html", "feed.rss", COVER.key, script("show.js").key}
