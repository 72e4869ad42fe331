from __future__ import annotations

import io
import json
import re

import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st
from support_upload import a_metadata

from jobs.upload.captions import broken, captions, segments_inside
from jobs.upload.text import columns
from jobs.upload.transcripts import (
    chapters_inside,
    render_chapters,
    render_srt,
    render_transcript_json,
    render_vtt,
)
from shared.models import Chapter, Segment

WORDS = st.text(alphabet=st.sampled_from("abcdefg 蜂ミツ。&<>-\n"), min_size=1, max_size=400)


@st.composite
def transcripts(draw):
    segments, at = [], 0.0
    for text in draw(st.lists(WORDS, max_size=8)):
        start = at + draw(st.floats(min_value=0, max_value=3))
        at = start + draw(st.floats(min_value=2, max_value=30))
        segments.append(Segment(start=start, end=at, text=text, speaker=draw(st.sampled_from([None, "Bea", "<Bo>"]))))
    return segments


def vtt_of(segments):
    return webvtt.from_buffer(io.StringIO(render_vtt(segments).decode()))


@given(WORDS, st.sampled_from([32, 65]))
def test_no_line_is_wider_than_asked_and_no_letter_is_lost(text, widest):
    lines = broken(text, widest)
    assert all(columns(line) <= widest for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_lines_break_between_words_if_they_can():
    assert broken("the bees are busy", 9) == ["the bees", "are busy"]
    assert broken("ミツバチはいそがしい", 8) == ["ミツバチ", "はいそが", "しい"]


@given(transcripts())
def test_captions_have_two_lines_at_most_and_follow_each_other(segments):
    before = 0.0
    for caption in captions(segments_inside(a_metadata(segments=segments), 1000), widest=65):
        assert 1 <= len(caption.lines) <= 2
        assert before <= caption.start + 1e-9
        assert caption.start < caption.end
        before = caption.end


def test_a_long_segment_becomes_captions_that_share_its_time():
    shown = captions([Segment(start=10, end=20, text="word " * 40)], widest=20)
    assert {len(caption.lines) for caption in shown} == {2}
    assert len(shown) == 5
    assert [caption.start for caption in shown] == [pytest.approx(10 + 2 * at) for at in range(5)]
    assert shown[-1].end == pytest.approx(20)


@given(transcripts())
def test_a_vtt_reads_back_as_what_was_said(segments):
    inside = segments_inside(a_metadata(segments=segments), 1000)
    cues = list(vtt_of(inside))
    said = "".join(re.sub(r"\s", "", cue.raw_text) for cue in cues)
    for mark, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        said = said.replace(mark, character)
    said = re.sub(r"<v(Bea|<Bo>)>", "", said)
    assert said == "".join("".join(each.text.split()) for each in inside)


def test_a_vtt_cannot_be_broken_out_of():
    segments = [Segment(start=0, end=5, text="a --> b & <c>\n\n00:00.000 --> 00:01.000\nx", speaker="B>o & co")]
    content = render_vtt(segments_inside(a_metadata(segments=segments), 9)).decode()
    assert content == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:05.000\n"
        "<v B&gt;o &amp; co>a --&gt; b &amp; &lt;c&gt; 00:00.000 --&gt; 00:01.000 x\n"
    )


def test_an_srt_names_a_speaker_where_the_voice_changes():
    segments = [
        Segment(start=0, end=2, text="Hello.", speaker="Bea"),
        Segment(start=2, end=4, text="Come in.", speaker="Bea"),
        Segment(start=3661.5, end=3662.25, text="Thanks --> bye.", speaker="Bo"),
    ]
    assert render_srt(segments).decode() == (
        "1\n00:00:00,000 --> 00:00:02,000\nBea: Hello.\n\n"
        "2\n00:00:02,000 --> 00:00:04,000\nCome in.\n\n"
        "3\n01:01:01,500 --> 01:01:02,250\nBo: Thanks → bye.\n"
    )


@given(transcripts())
def test_an_srt_line_has_32_columns_at_most(segments):
    inside = segments_inside(a_metadata(segments=segments), 1000)
    for block in render_srt(inside).decode().split("\n\n"):
        assert all(columns(line) <= 32 for line in block.splitlines()[2:])


def test_a_json_transcript_has_the_namespace_s_fields():
    segments = [Segment(start=0.12345, end=2, text="Hello.", speaker="Bea"), Segment(start=2, end=3, text="Hm.")]
    assert json.loads(render_transcript_json(segments)) == {
        "version": "1.0.0",
        "segments": [
            {"speaker": "Bea", "startTime": 0.123, "endTime": 2, "body": "Hello."},
            {"startTime": 2, "endTime": 3, "body": "Hm."},
        ],
    }


def test_chapters_are_version_1_2():
    assert json.loads(render_chapters([Chapter(start=1.5, title="Bees")])) == {
        "version": "1.2.0",
        "chapters": [{"startTime": 1.5, "title": "Bees"}],
    }


def test_chapters_lie_inside_the_audio_in_order_and_one_at_a_time():
    chapters = [(9, "Nine"), (0, "Zero"), (9, "Again"), (3, "  "), (60, "After the end")]
    kept = chapters_inside([Chapter(start=start, title=title) for start, title in chapters], 60)
    assert [(each.start, each.title) for each in kept] == [(0, "Zero"), (9, "Nine")]


def test_cues_end_with_the_audio():
    segments = [
        Segment(start=5, end=99, text="Too long."),
        Segment(start=2, end=6, text="Overlaps."),
        Segment(start=50, end=60, text="Outside."),
        Segment(start=1, end=2, text=" "),
    ]
    inside = segments_inside(a_metadata(segments=segments), 10.0004)
    assert [(each.start, each.end, each.text) for each in inside] == [(2, 6, "Overlaps."), (6, 10.0004, "Too long.")]
    assert vtt_of(inside)[-1].end == "00:00:10.000"


@pytest.mark.parametrize("transcript", ["One. Two two.", "はい。そうです。"])
def test_a_transcript_without_times_is_spread_over_the_audio_by_sentences(transcript):
    inside = segments_inside(a_metadata(segments=[], transcript=transcript), 12)
    assert len(inside) == 2
    assert inside[0].start == 0
    assert inside[0].end == inside[1].start
    assert inside[1].end == pytest.approx(12)


def test_without_a_transcript_there_are_no_segments():
    assert segments_inside(a_metadata(segments=[], transcript=""), 12) == []
