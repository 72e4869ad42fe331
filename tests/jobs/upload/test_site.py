from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import html
from support_upload import BASE, an_entry

from jobs.upload.site.render import render_episode_page, render_show_pages, script
from shared.models import Chapter, Minutes, Segment
from shared.show import ShowSettings

SEGMENTS = [
    Segment(start=0, end=2.5, text="Hello & welcome.", speaker="Bea"),
    Segment(start=2.5, end=5, text="So these are bees.", speaker="Bea"),
    Segment(start=5, end=8.25, text="They <hum>.", speaker="Bo"),
]
NASTY = "</script><script>alert(1)</script> \"'& <img src=x onerror=alert(1)>"


def episode_page(*, show=None, segments=SEGMENTS, **fields):
    content = render_episode_page(
        show or ShowSettings(title="Bees"), an_entry(**fields), segments, BASE, cover_key="cover-a.png"
    )
    return html.document_fromstring(content.decode())


def show_pages(entries, show=None):
    pages = render_show_pages(show or ShowSettings(title="Bees"), entries, BASE, cover_key="cover-a.png")
    return [(key, html.document_fromstring(content.decode())) for key, content in pages]


def both_kinds():
    return [episode_page(), show_pages([an_entry()])[0][1]]


# ----------------------------------------------------------------- every page


@pytest.mark.parametrize("page", both_kinds(), ids=["episode", "show"])
def test_a_page_asks_nobody_else_for_anything(page):
    fetched = page.xpath("//img/@src | //audio/@src | //script/@src | //link[@rel='stylesheet']/@href | //iframe/@src")
    assert fetched
    assert all(not urlsplit(address).netloc for address in fetched)
    style = page.xpath("//style")[0].text
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("page", both_kinds(), ids=["episode", "show"])
def test_its_policy_lets_only_its_own_style_and_no_inline_script_run(page):
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none';")
    (own,) = [each.text for each in page.xpath("//style")]
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "script-src 'self';" in policy
    assert page.xpath("//script[not(@type) and not(@src)]") == []
    assert page.xpath("//@style | //@*[starts-with(name(), 'on')]") == []


@pytest.mark.parametrize("page", both_kinds(), ids=["episode", "show"])
def test_a_page_works_under_any_path_because_its_own_links_are_relative(page):
    links = page.xpath("//a/@href | //link[@rel='alternate']/@href | //img/@src")
    assert all(not link.startswith(("/", "http")) for link in links)


def test_links_lead_to_files_that_exist_from_where_the_page_is():
    page = episode_page()
    assert page.xpath("//link[@rel='alternate']/@href") == ["../../feed.rss"]
    assert page.xpath("//img/@src") == ["../../cover-a.png"]
    assert page.xpath("//audio/@src") == ["audio.mp3"]
    assert page.xpath("//script/@src") == [f"../../{script('player.js').key}"]
    assert show_pages([])[0][1].xpath("//script/@src") == [script("show.js").key]
    assert "../../index.html" in page.xpath("//a/@href")
    assert show_pages([an_entry()])[0][1].xpath("//h3/a/@href") == ["podcasts/job-1/index.html"]


@pytest.mark.parametrize("language", ["en", "ja", "fr"])
def test_a_page_says_its_language_and_speaks_it_or_english(language):
    page = episode_page(language=language)
    assert page.get("lang") == language
    heading = page.xpath("//h2[@id='transcript']")[0].text
    assert heading == ("文字起こし" if language == "ja" else "Transcript")


def test_a_page_is_in_the_language_of_its_notes_and_the_transcript_in_the_one_that_is_spoken():
    page = episode_page(language="en", show=ShowSettings(language="ja", describe_in="show"))
    assert page.get("lang") == "ja"
    assert page.xpath("//ol[@data-transcript]/@lang") == ["en"]
    assert page.xpath("//h2[@id='chapters']")[0].text == "チャプター"


def test_no_text_can_break_out_of_a_page():
    segments = [Segment(start=0, end=1, text=NASTY, speaker=NASTY)]
    chapters = [Chapter(start=0, title=NASTY)]
    minutes = Minutes(topics=[NASTY], decisions=[NASTY], action_items=[NASTY])
    show = ShowSettings(title=NASTY, description=NASTY, author=NASTY, footer=NASTY, copyright=NASTY)
    fields: dict[str, Any] = {"title": NASTY, "summary": NASTY, "keywords": [NASTY], "made_by": NASTY, "language": "en"}
    page = episode_page(show=show, segments=segments, chapters=chapters, minutes=minutes, **fields)
    listed = show_pages([an_entry(**fields)], show)[0][1]
    assert len(page.xpath("//script")) == 2
    assert len(listed.xpath("//script")) == 1
    assert page.xpath("//img[@onerror]") + listed.xpath("//img[@onerror]") == []
    assert page.xpath("//h1")[0].text_content() == NASTY
    assert json.loads(page.xpath("//script[@type='application/ld+json']")[0].text)["name"] == NASTY


# --------------------------------------------------------------- episode page


def test_the_player_loads_only_the_beginning_until_it_is_asked():
    (player,) = episode_page().xpath("//audio")
    assert player.get("preload") == "metadata"
    assert player.get("controls") is not None


def test_every_chapter_is_a_button_that_knows_its_time():
    buttons = episode_page().xpath("//ol[@class='chapters']//button")
    assert [(button.get("data-start"), button.text_content()) for button in buttons] == [
        ("0.0", "00:00Hello"),
        ("61.5", "01:01Bees & honey"),
    ]


def test_every_line_of_the_transcript_knows_its_time_and_has_a_button_for_the_keyboard():
    lines = episode_page().xpath("//ol[@data-transcript]/li")
    assert [(line.get("data-start"), line.get("data-end")) for line in lines] == [
        ("0.0", "2.5"),
        ("2.5", "5.0"),
        ("5.0", "8.25"),
    ]
    assert [line.xpath("./button/@aria-label") for line in lines][1] == ["Play from 00:02"]


def test_a_speaker_is_named_where_the_voice_changes():
    names = [line.xpath("string(.//b)") for line in episode_page().xpath("//ol[@data-transcript]/li")]
    assert names == ["Bea", "", "Bo"]


def test_downloads_name_only_what_is_there():
    assert episode_page().xpath("//a[@download]/@href") == [
        "audio.mp3",
        "transcript.vtt",
        "transcript.srt",
        "transcript.json",
    ]
    assert episode_page(segments=[], transcribed=False).xpath("//a[@download]/@href") == ["audio.mp3"]


def test_what_made_the_words_is_said():
    assert "Words by a machine that knows English only." in episode_page().text_content()


def test_search_engines_read_the_episode_as_data():
    (script,) = episode_page(language="ja").xpath("//script[@type='application/ld+json']")
    data = json.loads(script.text)
    assert data["@type"] == "PodcastEpisode"
    assert data["duration"] == "PT1800S"
    assert data["associatedMedia"]["contentUrl"] == f"{BASE}/podcasts/job-1/audio.mp3"


# ------------------------------------------------------------------ show page


def test_the_show_s_page_lists_episodes_newest_first_without_the_unpublished():
    page = show_pages([an_entry(1), an_entry(3), an_entry(2), an_entry(4, state="unpublished")])[0][1]
    assert page.xpath("//h3/a/text()") == ["Episode 3", "Episode 2", "Episode 1"]


def test_dates_are_days_in_the_show_s_own_time_zone_and_language():
    # Noon in UTC is the next day where it is fourteen hours later.
    far = ShowSettings(time_zone="Pacific/Kiritimati")
    assert show_pages([an_entry(1)], far)[0][1].xpath("//time/text()") == ["14 November 2026"]
    japanese = ShowSettings(language="ja", time_zone="Asia/Tokyo")
    assert show_pages([an_entry(1)], japanese)[0][1].xpath("//time/text()") == ["2026年11月13日"]


def test_a_long_show_is_spread_over_pages_that_link_to_each_other():
    pages = show_pages([an_entry(number) for number in range(205)])
    assert [key for key, _ in pages] == ["index.html", "page-2.html", "page-3.html"]
    assert [len(page.xpath("//h3")) for _, page in pages] == [100, 100, 5]
    assert [page.xpath("//a[@rel='next']/@href") for _, page in pages] == [["page-2.html"], ["page-3.html"], []]
    assert [page.xpath("//a[@rel='prev']/@href") for _, page in pages] == [[], ["index.html"], ["page-2.html"]]


def test_a_show_without_episodes_has_a_page_that_says_so():
    ((key, page),) = show_pages([])
    assert key == "index.html"
    assert "There is no episode yet." in page.text_content()


def test_every_word_on_a_page_has_a_text_in_each_language():
    for page in (
        *both_kinds(),
        episode_page(language="ja"),
        show_pages([an_entry()], ShowSettings(language="ja"))[0][1],
    ):
        assert not re.search(r"<built-in|Undefined|None\b", page.text_content())
