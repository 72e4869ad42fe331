from __future__ import annotations

import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import ID3
from support_upload import NOON

from jobs.upload.mp3 import Retagged, audio_range
from jobs.upload.tags import EpisodeTag, render_tag
from shared.models import Chapter

CHAPTERS = [
    Chapter(start=0, title="A very long title for the first of all chapters"),
    Chapter(start=10, title="Short"),
    Chapter(start=20.5, title="ミツバチ"),
    Chapter(start=30, title="A rather long one again"),
]


def a_tag(**fields):
    values: dict[str, Any] = {
        "title": "Bees & ミツバチ",
        "author": "The bee team",
        "show": "Bees",
        "summary": "A walk among bees.",
        "language": "ja-JP",
        "published_at": NOON,
        "duration": 60.25,
        "chapters": CHAPTERS,
        "cover": b"\x89PNG not really",
        "cover_type": "image/png",
        "episode_url": "https://listen.example/podcasts/1/index.html",
    }
    return render_tag(EpisodeTag(**(values | fields)))


def read(tag):
    return ID3(io.BytesIO(tag + b"\xff\xfb\x90\x00" + bytes(2000)))


def chapters_as_they_lie(tag):
    """Start times of the CHAP frames in the order of the bytes, read without mutagen's help."""
    times, at = [], 10
    while at < len(tag):
        size = sum(byte << shift for byte, shift in zip(tag[at + 4 : at + 8], (21, 14, 7, 0), strict=True))
        if tag[at : at + 4] == b"CHAP":
            times.append(int.from_bytes(tag[at + 10 :].partition(b"\0")[2][:4], "big"))
        at += 10 + size
    assert at == len(tag)
    return times


def test_the_tag_says_what_the_file_is():
    tags = read(a_tag())
    assert tags.version == (2, 4, 0)
    assert str(tags["TIT2"]) == "Bees & ミツバチ"
    assert str(tags["TPE1"]) == "The bee team"
    assert str(tags["TALB"]) == "Bees"
    assert str(tags["TCON"]) == "Podcast"
    assert str(tags["TDRC"]) == "2026-11-12 12:00:00"
    assert str(tags["TLAN"]) == "jpn"
    assert str(tags["TLEN"]) == "60250"
    assert str(tags["COMM::jpn"]) == "A walk among bees."
    assert tags["WOAF"].url == "https://listen.example/podcasts/1/index.html"


def test_the_cover_is_the_front_cover():
    picture = read(a_tag())["APIC:"]
    assert (picture.type, picture.mime, picture.data) == (3, "image/png", b"\x89PNG not really")


def test_chapters_lie_in_the_order_of_time_and_not_of_size():
    assert chapters_as_they_lie(a_tag()) == [0, 10_000, 20_500, 30_000]


def test_a_chapter_ends_where_the_next_one_starts_and_the_last_with_the_audio():
    tags = read(a_tag())
    names = tags["CTOC:toc"].child_element_ids
    frames = [tags[f"CHAP:{name}"] for name in names]
    assert [(each.start_time, each.end_time) for each in frames] == [
        (0, 10_000),
        (10_000, 20_500),
        (20_500, 30_000),
        (30_000, 60_250),
    ]
    assert [str(each.sub_frames["TIT2"]) for each in frames] == [chapter.title for chapter in CHAPTERS]
    assert tags["CTOC:toc"].flags == 3, "top level and ordered"


def test_a_file_without_chapters_has_no_table_of_contents():
    assert "CTOC:toc" not in read(a_tag(chapters=[]))


@given(st.lists(st.text(max_size=300), max_size=30))
def test_any_number_of_chapters_reads_back_in_order(titles):
    chapters = [Chapter(start=at * 3, title=title or "x") for at, title in enumerate(titles)]
    assert chapters_as_they_lie(a_tag(chapters=chapters, duration=100)) == [at * 3000 for at in range(len(titles))]


FRAMES = b"\xff\xfb\x90\x64" + bytes(range(256)) * 20
ID3V2 = b"ID3\x04\x00\x00\x00\x00\x00\x05hello"
ID3V2_WITH_FOOTER = b"ID3\x04\x00\x10\x00\x00\x00\x05hello" + b"3DI\x04\x00\x10\x00\x00\x00\x05"
ID3V1 = b"TAG" + bytes(125)
APE_ITEMS = b"x" * 40
APE_FOOTER = b"APETAGEX" + (2000).to_bytes(4, "little") + (72).to_bytes(4, "little") + bytes(4)
APE = APE_ITEMS + APE_FOOTER + bytes(4) + bytes(8)
APE_HEADER = b"APETAGEX" + bytes(24)
APE_WITH_HEADER = APE_HEADER + APE_ITEMS + APE_FOOTER + (0x80000000).to_bytes(4, "little") + bytes(8)
LYRICS = b"LYRICSBEGIN" + b"la" * 10 + b"000031LYRICS200"


@given(
    st.lists(st.sampled_from([ID3V2, ID3V2_WITH_FOOTER, bytes(7)]), max_size=3),
    st.sampled_from([b"", ID3V1, APE, APE_WITH_HEADER, APE + ID3V1, LYRICS + ID3V1, APE + LYRICS + ID3V1]),
)
def test_the_audio_is_found_between_any_tags(before, after):
    # Zeros may only follow a tag: that is where taggers leave them.
    before = sorted(before, key=lambda tag: tag == bytes(7))
    lead = b"".join(before)
    content = lead + FRAMES + after
    assert audio_range(io.BytesIO(content)) == (len(lead), len(lead) + len(FRAMES))


def test_a_retagged_file_reads_like_one_that_was_written_so():
    new = b"ID3 a new tag"
    retagged = Retagged(new, io.BytesIO(ID3V2 + FRAMES + ID3V1))
    assert retagged.size == len(new) + len(FRAMES)
    assert retagged.read() == new + FRAMES
    assert retagged.read() == b""
    assert retagged.seek(-5, io.SEEK_END) == retagged.size - 5
    assert retagged.read(99) == FRAMES[-5:]
    retagged.seek(len(new) - 2)
    assert io.BufferedReader(retagged).read(6) == (new + FRAMES)[len(new) - 2 :][:6]
