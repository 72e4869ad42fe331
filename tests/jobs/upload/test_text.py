from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from jobs.upload.languages import disclosure
from jobs.upload.text import clock, columns, legal, links_in, one_line, shortened


@given(st.text(alphabet=st.characters(), max_size=200))
def test_legal_text_is_exactly_what_an_xml_parser_takes(text):
    element = etree.Element("t")
    element.text = legal(text)
    assert (etree.fromstring(etree.tostring(element)).text or "") == legal(text)


@pytest.mark.parametrize("character", ["\0", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_a_character_that_xml_forbids_is_left_out(character):
    assert legal(f"a{character}b") == "ab"


@pytest.mark.parametrize("character", ["\t", "\n", "é", "あ", "🐝", "\x85"])
def test_a_character_that_xml_allows_stays(character):
    assert legal(f"a{character}b") == f"a{character}b"


def test_one_line_has_no_breaks_and_no_double_spaces():
    assert one_line(" a \n\n b\t\u3000c\0 ") == "a b c"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "00:00"), (59.99, "00:59"), (61, "01:01"), (3599, "59:59"), (3600, "1:00:00")]
)
def test_clock_times_show_hours_only_where_there_are_some(seconds, said):
    assert clock(seconds) == said


@pytest.mark.parametrize(("text", "wide"), [("bee", 3), ("蜂", 2), ("ハチ", 4), ("ﾊﾁ", 2), ("e\u0301", 1), ("", 0)])
def test_wide_characters_take_two_columns_and_marks_none(text, wide):
    assert columns(text) == wide


@given(st.text(max_size=100), st.integers(min_value=3, max_value=300))
def test_shortened_text_fits_and_says_that_it_was_cut(text, most):
    short = shortened(text, most)
    assert len(short.encode()) <= most
    assert short == legal(text) or short.endswith("…")


def test_text_is_cut_between_words_where_there_are_any():
    assert shortened("the bees are busy today", 16) == "the bees are…"
    assert shortened("ミツバチはいそがしい", 16) == "ミツバチ…"


def test_an_address_ends_before_the_punctuation_of_its_sentence():
    assert links_in("See https://a.example/x_(y)?q=1, or http://b.example.") == [
        ("See ", False),
        ("https://a.example/x_(y)?q=1", True),
        (", or ", False),
        ("http://b.example", True),
        (".", False),
    ]


def test_a_script_is_no_address():
    assert links_in("javascript:alert(1) data:text/html,x") == [("javascript:alert(1) data:text/html,x", False)]


@pytest.mark.parametrize(
    ("language", "checked", "said"),
    [
        ("en-GB", False, "Gemini; no person has checked it"),
        ("en", True, "Gemini; a person has looked it over"),
        ("ja", False, "Gemini（人による確認はしていません）"),
        ("ja-JP", True, "Gemini（人が確認しました）"),
    ],
)
def test_who_made_the_words_is_disclosed_in_the_show_s_language(language, checked, said) -> None:
    assert disclosure("Gemini", language, checked=checked) == said
    assert disclosure(None, language, checked=checked) is None
