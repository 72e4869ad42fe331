from __future__ import annotations

import io
import time
from calendar import timegm
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random

import feedparser
import podcastparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from support_upload import BASE, NOON, an_entry

from jobs.upload.feed import ATOM, CONTENT, ITUNES, PODCAST, Channel, podcast_guid, render_feed
from shared.models import Chapter
from shared.show import Owner, ShowSettings

CHANNEL = Channel(guid="11111111-2222-5333-8444-555555555555", cover_key="cover-abc.png")
SHOW = ShowSettings(
    title="Bees & Friends",
    description="A show about <bees>.",
    author="The bee team",
    language="en-GB",
    category="Society & Culture > Documentary",
    owner=Owner(name="Bea", email="bea@listen.example"),
    copyright="© 2026 Bea",
    footer="Write to us: https://bees.example/contact",
)


def rendered(entries=None, show=SHOW, channel=CHANNEL, **options):
    pages = render_feed(show, [an_entry()] if entries is None else entries, BASE, channel=channel, **options)
    return pages[0][1]


def parsed(*arguments, **options):
    return etree.fromstring(rendered(*arguments, **options))[0]


def text(parent, tag, namespace=None):
    found = parent.findall(f"{{{namespace}}}{tag}" if namespace else tag)
    assert len(found) == 1, f"{tag} is there {len(found)} times"
    return found[0].text


def item_of(**fields):
    return parsed([an_entry(**fields)]).find("item")


# ---------------------------------------------------------------- PSP-1: file


def test_the_file_is_utf8_xml_and_says_so():
    assert rendered().startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<rss ')


def test_the_namespaces_are_declared_once_on_rss_under_their_usual_prefixes():
    feed = rendered([an_entry(1), an_entry(2)])
    root = etree.fromstring(feed)
    assert root.tag == "rss"
    assert root.get("version") == "2.0"
    assert root.nsmap == {"itunes": ITUNES, "podcast": PODCAST, "atom": ATOM, "content": CONTENT}
    assert feed.count(b"xmlns:") == 4


# ------------------------------------------------------------- PSP-1: channel


def test_the_channel_links_to_itself_as_rss():
    link = parsed().find(f"{{{ATOM}}}link[@rel='self']")
    assert link.get("href") == f"{BASE}/feed.rss"
    assert link.get("type") == "application/rss+xml"


def test_the_channel_has_title_description_and_language_of_the_show():
    channel = parsed()
    assert text(channel, "title") == "Bees & Friends"
    assert text(channel, "description") == "A show about <bees>."
    assert text(channel, "language") == "en-gb"


def test_the_channel_links_to_the_show_s_home_or_else_to_the_site():
    assert text(parsed(), "link") == f"{BASE}/"
    home = SHOW.model_copy(update={"link": "https://bees.example"})
    assert text(parsed(show=home), "link") == "https://bees.example"


def test_a_sub_category_stands_inside_its_category():
    category = parsed().find(f"{{{ITUNES}}}category")
    assert category.get("text") == "Society & Culture"
    assert category[0].get("text") == "Documentary"


@pytest.mark.parametrize(("explicit", "word"), [(True, "true"), (False, "false")])
def test_explicit_is_the_word_true_or_false_on_channel_and_item(explicit, word):
    channel = parsed(show=SHOW.model_copy(update={"explicit": explicit}))
    assert text(channel, "explicit", ITUNES) == word
    assert text(channel.find("item"), "explicit", ITUNES) == word


def test_the_channel_shows_the_cover_at_an_absolute_address():
    assert parsed().find(f"{{{ITUNES}}}image").get("href") == f"{BASE}/cover-abc.png"


def test_the_channel_names_its_author_guid_lock_medium_type_and_copyright():
    channel = parsed()
    assert text(channel, "author", ITUNES) == "The bee team"
    assert text(channel, "guid", PODCAST) == CHANNEL.guid
    assert text(channel, "locked", PODCAST) == "yes"
    assert text(channel, "medium", PODCAST) == "podcast"
    assert text(channel, "type", ITUNES) == "episodic"
    assert text(channel, "copyright") == "© 2026 Bea"


def test_an_owner_is_named_only_if_the_show_has_one():
    assert text(parsed().find(f"{{{ITUNES}}}owner"), "email", ITUNES) == "bea@listen.example"
    assert parsed(show=ShowSettings()).find(f"{{{ITUNES}}}owner") is None


def test_the_guid_of_the_specification_s_own_example():
    assert podcast_guid("https://podnews.net/rss") == "9b024349-ccf0-5f69-a609-6b82873eab3c"
    assert podcast_guid("http://podnews.net/rss///") == "9b024349-ccf0-5f69-a609-6b82873eab3c"


# ---------------------------------------------------------------- PSP-1: item


def test_the_enclosure_has_url_length_and_type():
    enclosure = item_of().find("enclosure")
    assert dict(enclosure.attrib) == {
        "url": f"{BASE}/podcasts/job-1/audio.mp3",
        "length": "28800000",
        "type": "audio/mpeg",
    }


def test_the_guid_is_the_episode_and_no_link_so_that_a_corrected_file_stays_the_same_episode():
    guid = item_of().find("guid")
    assert guid.text == "episode-1"
    assert guid.get("isPermaLink") == "false"
    assert item_of(job_id="another").find("guid").text == "episode-1"


def test_the_date_is_rfc_2822_and_the_day_it_came_out():
    assert parsedate_to_datetime(text(item_of(), "pubDate")) == NOON + timedelta(days=1)


def test_the_duration_is_whole_seconds():
    assert text(item_of(), "duration", ITUNES) == "1800"
    assert text(item_of(duration_seconds=0.2), "duration", ITUNES) == "1"


def test_the_item_links_to_the_episode_s_page():
    assert text(item_of(), "link") == f"{BASE}/podcasts/job-1/index.html"


def test_only_an_episode_with_a_cover_of_its_own_shows_one():
    assert item_of().find(f"{{{ITUNES}}}image") is None
    image = item_of(cover_key="podcasts/job-1/cover.jpg").find(f"{{{ITUNES}}}image")
    assert image.get("href") == f"{BASE}/podcasts/job-1/cover.jpg"


def test_the_transcript_comes_in_three_formats_and_chapters_in_one():
    item = item_of(language="ja")
    transcripts = item.findall(f"{{{PODCAST}}}transcript")
    assert {each.get("type"): each.get("url").rpartition("/")[2] for each in transcripts} == {
        "text/vtt": "transcript.vtt",
        "application/x-subrip": "transcript.srt",
        "application/json": "transcript.json",
    }
    assert {each.get("language") for each in transcripts} == {"ja"}
    chapters = item.find(f"{{{PODCAST}}}chapters")
    assert chapters.get("type") == "application/json+chapters"
    assert chapters.get("url") == f"{BASE}/podcasts/job-1/chapters.json"


def test_nothing_is_linked_that_an_episode_does_not_have():
    item = item_of(transcribed=False, chapters=[], made_by=None)
    assert [each.tag for each in item if PODCAST in each.tag] == []


def test_what_a_machine_wrote_is_disclosed():
    disclosure = item_of().find(f"{{{PODCAST}}}txt")
    assert disclosure.get("purpose") == "ai-content"
    assert disclosure.text == "Words by a machine that knows English only."


def test_description_and_content_are_the_html_notes():
    item = item_of()
    assert "<li>01:01 Bees &amp; honey</li>" in text(item, "description")
    assert "<li>01:01 Bees &amp; honey</li>" in text(item, "encoded", CONTENT)


def test_a_description_never_exceeds_4000_bytes_and_the_full_notes_are_in_content():
    long = item_of(
        summary="ミツバチの話。" * 2000, chapters=[Chapter(start=at, title=f"Chapter {at}") for at in range(500)]
    )
    assert len(text(long, "description").encode()) <= 4000
    assert "Chapter 499" in text(long, "encoded", CONTENT)


# ------------------------------------------------------------------ behaviour


def test_the_newest_episode_is_first():
    titles = [item.findtext("title") for item in parsed([an_entry(2), an_entry(3), an_entry(1)]).findall("item")]
    assert titles == ["Episode 3", "Episode 2", "Episode 1"]


def test_an_unpublished_episode_is_not_in_the_feed():
    assert parsed([an_entry(1), an_entry(2, state="unpublished")]).findtext("item/title") == "Episode 1"


def test_the_same_catalogue_gives_the_same_bytes_in_whatever_order_and_at_whatever_time():
    entries = [an_entry(number, published_at=NOON) for number in range(20)]
    first = rendered(entries)
    Random(7).shuffle(entries)
    assert rendered(entries) == first
    built = etree.fromstring(first)[0].findtext("lastBuildDate", "")
    assert parsedate_to_datetime(built) == max(entry.updated_at for entry in entries)


def test_a_feed_without_episodes_is_a_feed():
    assert feedparser.parse(rendered([])).bozo is False


def test_an_episode_s_own_feed_asks_directories_not_to_list_it():
    own = Channel(guid="x", cover_key="c.png", key="podcasts/job-1/feed.rss", listed=False)
    ((key, content),) = render_feed(SHOW, [an_entry()], BASE, channel=own)
    assert key == "podcasts/job-1/feed.rss"
    channel = etree.fromstring(content)[0]
    assert text(channel, "block", ITUNES) == "Yes"
    (link,) = channel.findall(f"{{{ATOM}}}link")
    assert link.get("href") == f"{BASE}/podcasts/job-1/feed.rss"


@given(st.text(alphabet=st.characters(), max_size=60))
def test_no_character_in_any_text_can_break_the_feed(anything):
    chapters = [Chapter(start=0, title=anything)]
    entry = an_entry(title=anything, summary=anything, made_by=anything, keywords=[anything], chapters=chapters)
    show = SHOW.model_copy(update={"title": anything, "footer": anything, "description": anything})
    feed = rendered([entry], show)
    strict = etree.XMLParser(recover=False, resolve_entities=False)
    assert etree.fromstring(feed, strict).findtext("channel/item/guid") == "episode-1"


# ---------------------------------------------------------------------- pages


def test_a_feed_that_is_too_large_is_paged_as_rfc_5005_says():
    entries = [an_entry(number) for number in range(1, 61)]
    pages = render_feed(SHOW, entries, BASE, channel=CHANNEL, largest=40_000)
    assert [key for key, _ in pages] == ["feed.rss", *(f"feed-{number}.rss" for number in range(2, len(pages) + 1))]
    assert len(pages) > 2
    titles: list[str] = []
    for number, (key, content) in enumerate(pages, start=1):
        assert len(content) <= 40_000
        assert feedparser.parse(content).bozo is False
        channel = etree.fromstring(content)[0]
        links = {each.get("rel"): each.get("href") for each in channel.findall(f"{{{ATOM}}}link")}
        wanted = {"self": key, "first": "feed.rss", "last": pages[-1][0]}
        wanted |= {"previous": pages[number - 2][0]} if number > 1 else {}
        wanted |= {"next": pages[number][0]} if number < len(pages) else {}
        assert links == {rel: f"{BASE}/{target}" for rel, target in wanted.items()}
        titles += [item.findtext("title", "") for item in channel.findall("item")]
    assert titles == [f"Episode {number}" for number in range(60, 0, -1)]


def test_a_feed_that_fits_has_no_other_pages():
    assert parsed().findall(f"{{{ATOM}}}link[@rel='next']") == []


# -------------------------------------------------------------------- readers


def test_feedparser_reads_every_field_without_a_warning():
    feed = feedparser.parse(rendered([an_entry(1), an_entry(2)]))
    assert feed.bozo is False
    assert feed.feed.title == "Bees & Friends"
    newest = feed.entries[0]
    assert newest.id == "episode-2"
    assert newest.enclosures[0].href == f"{BASE}/podcasts/job-2/audio.mp3"
    assert datetime.fromtimestamp(timegm(newest.published_parsed), UTC) == NOON + timedelta(days=2)


def test_podcastparser_reads_every_field():
    feed = podcastparser.parse(f"{BASE}/feed.rss", io.BytesIO(rendered([an_entry(1)])))
    assert feed["title"] == "Bees & Friends"
    assert feed["cover_url"] == f"{BASE}/cover-abc.png"
    assert feed["explicit"] is False
    episode = feed["episodes"][0]
    assert episode["guid"] == "episode-1"
    assert episode["total_time"] == 1800
    assert episode["enclosures"] == [
        {"url": f"{BASE}/podcasts/job-1/audio.mp3", "file_size": 28_800_000, "mime_type": "audio/mpeg"}
    ]
    assert episode["published"] == int((NOON + timedelta(days=1)).timestamp())
    assert time.gmtime(episode["published"]).tm_year == 2026
    assert "<li>00:00 Hello</li>" in episode["description_html"]
