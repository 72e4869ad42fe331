from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from support_upload import BASE, an_entry

from jobs.upload.notes import MOST_BYTES, render_description, render_notes
from shared.models import Chapter, Minutes
from shared.show import ShowSettings

FOOTER = "Made with love. More at https://bees.example/?a=1&b=2."


def test_notes_hold_summary_chapters_links_keywords_disclosure_and_footer_in_this_order():
    entry = an_entry(summary="First <thought>.\n\nSecond thought.")
    assert render_notes(entry, ShowSettings(footer=FOOTER), BASE) == (
        "<p>First &lt;thought&gt;.</p><p>Second thought.</p>"
        "<p>Chapters</p><ul><li>00:00 Hello</li><li>01:01 Bees &amp; honey</li></ul>"
        f'<p><a href="{BASE}/podcasts/job-1/index.html">Listen and read along</a></p>'
        "<p>Keywords: bees, honey</p>"
        "<p>Words by a machine that knows English only.</p>"
        '<p>Made with love. More at <a href="https://bees.example/?a=1&amp;b=2">'
        "https://bees.example/?a=1&amp;b=2</a>.</p>"
    )


def test_notes_speak_the_episode_s_language():
    notes = render_notes(an_entry(language="ja-JP"), ShowSettings(), BASE)
    assert "<p>チャプター</p>" in notes
    assert "<p>キーワード: bees、honey</p>" in notes


def test_notes_of_a_show_that_describes_in_its_own_language_speak_that():
    show = ShowSettings(language="ja", describe_in="show")
    assert "<p>チャプター</p>" in render_notes(an_entry(language="en"), show, BASE)


def test_chapters_after_an_hour_show_the_hour():
    notes = render_notes(an_entry(chapters=[Chapter(start=3723.9, title="Late")]), ShowSettings(), BASE)
    assert "<li>1:02:03 Late</li>" in notes


def test_minutes_are_in_the_notes_only_if_the_entry_carries_them():
    minutes = Minutes(decisions=["Move the hive"], action_items=["Bea: <find> a place"])
    notes = render_notes(an_entry(minutes=minutes), ShowSettings(), BASE)
    assert "<p>Decisions</p><ul><li>Move the hive</li></ul>" in notes
    assert "<p>Action items</p><ul><li>Bea: &lt;find&gt; a place</li></ul>" in notes
    assert "Decisions" not in render_notes(an_entry(), ShowSettings(), BASE)


def test_a_description_that_must_be_cut_keeps_the_link_the_disclosure_and_the_footer():
    chapters = [Chapter(start=at, title=f"Chapter {at}") for at in range(500)]
    entry = an_entry(summary="Many words. " * 1000, chapters=chapters)
    description = render_description(entry, ShowSettings(footer=FOOTER), BASE)
    assert len(description.encode()) <= MOST_BYTES
    assert "Chapter 3<" in description
    assert "Chapter 499" not in description
    assert "index.html" in description
    assert "Words by a machine" in description
    assert "Made with love" in description


@given(
    summary=st.text(max_size=3000).map(lambda text: text * 3),
    footer=st.text(alphabet="&<>\"'aあ \n", max_size=2000),
    chapters=st.lists(st.text(max_size=200), max_size=60),
)
def test_a_description_fits_and_closes_its_tags_whatever_it_is_made_of(summary, footer, chapters):
    entry = an_entry(summary=summary, chapters=[Chapter(start=at, title=title) for at, title in enumerate(chapters)])
    description = render_description(entry, ShowSettings(footer=footer), BASE)
    assert len(description.encode()) <= MOST_BYTES
    assert "]]>" not in description
    fragments = html.fragments_fromstring(description)
    assert {each.tag for each in fragments} <= {"p", "ul"}
    for tag in ("p", "ul", "li", "a"):
        assert description.count(f"<{tag}>") + description.count(f"<{tag} ") == description.count(f"</{tag}>")
