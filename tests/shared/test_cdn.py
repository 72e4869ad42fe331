"""What listeners are served: headers by kind of file, and addresses."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cdn import headers_of, public_base, public_url


@pytest.mark.parametrize(
    ("name", "content_type", "seconds"),
    [
        ("feed.rss", "application/rss+xml; charset=utf-8", 60),
        ("feed-2.rss", "application/rss+xml; charset=utf-8", 60),
        ("podcasts/1/feed.rss", "application/rss+xml; charset=utf-8", 60),
        ("index.html", "text/html; charset=utf-8", 60),
        ("page-2.html", "text/html; charset=utf-8", 60),
        ("podcasts/1/index.html", "text/html; charset=utf-8", 300),
        ("podcasts/1/audio.mp3", "audio/mpeg", 7 * 24 * 3600),
        ("podcasts/1/transcript.vtt", "text/vtt; charset=utf-8", 300),
        ("podcasts/1/transcript.srt", "application/x-subrip; charset=utf-8", 300),
        ("podcasts/1/metadata.json", "application/json; charset=utf-8", 300),
        ("podcasts/1/cover.jpg", "image/jpeg", 300),
        ("cover-0123456789ab.png", "image/png", 365 * 24 * 3600),
        ("README", "application/octet-stream", 300),
    ],
)
def test_every_kind_of_file_has_its_type_and_its_time_in_caches(name, content_type, seconds) -> None:
    headers = headers_of(name)
    assert headers.content_type == content_type
    assert f"max-age={seconds}" in headers.cache_control
    assert headers.cache_control.startswith("public")


def test_only_what_is_named_by_its_content_never_changes() -> None:
    assert "immutable" in headers_of("cover-0123456789ab.jpg").cache_control
    for name in ["podcasts/1/cover.jpg", "podcasts/1/audio.mp3", "feed.rss"]:
        assert "immutable" not in headers_of(name).cache_control


def test_the_writer_knows_the_type_better_than_the_name() -> None:
    assert headers_of("chapters.json", "application/json+chapters").content_type == "application/json+chapters"


def test_saved_audio_is_named_after_its_episode() -> None:
    assert headers_of("podcasts/0b5c/audio.mp3").content_disposition == 'inline; filename="0b5c.mp3"'


@pytest.mark.parametrize("name", ["audio.mp3", "podcasts/日本/audio.mp3", 'podcasts/a"b/audio.mp3'])
def test_a_name_that_a_header_cannot_hold_is_left_out(name) -> None:
    assert headers_of(name).content_disposition == "inline"


@pytest.mark.parametrize("name", ["page.xhtml", "evil.svg", "no-extension", "archive.html.bak"])
def test_what_is_of_no_known_kind_is_downloaded_and_never_shown(name) -> None:
    assert headers_of(name).content_disposition == "attachment"


@pytest.mark.parametrize(
    ("custom", "managed", "expected"),
    [
        ("podcast.example.com", "pub-1.r2.dev", "https://podcast.example.com"),
        ("https://podcast.example.com/", None, "https://podcast.example.com"),
        (None, "pub-1.r2.dev", "https://pub-1.r2.dev"),
        (None, None, "https://account.r2.cloudflarestorage.com/public"),
        ("", "", "https://account.r2.cloudflarestorage.com/public"),
    ],
)
def test_the_custom_domain_comes_first_then_the_managed_one_then_the_endpoint(custom, managed, expected) -> None:
    endpoint = "https://account.r2.cloudflarestorage.com/"
    found = public_base(bucket="public", endpoint=endpoint, custom_domain=custom, managed_domain=managed)
    assert found == expected


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda name: not name.startswith("/")))
def test_every_name_survives_the_way_through_its_address(name) -> None:
    url = public_url("https://podcast.example.com", name)
    assert url.isascii()
    parts = urlsplit(url)
    assert (unquote(parts.path), parts.query, parts.fragment) == (f"/{name}", "", "")
