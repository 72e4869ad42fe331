"""The dashboard over a real controller: what a person does, from the drop to the published episode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from support_audio import sample_path
from support_browser import Open, drop
from support_published import Serving, eventually, serving

pytestmark = pytest.mark.browser
LONG = 120_000
"""Milliseconds that an episode may take on a busy machine."""


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("dashboard")) as running:
        yield running


def card(page: Page, text: str) -> Locator:
    return page.locator(".card").filter(has_text=text)


def position(audio: Locator) -> float:
    # Not wait_for_function, which needs `eval`, and the pages' policy forbids that.
    return float(audio.evaluate("audio => audio.currentTime"))


def test_a_dropped_recording_becomes_an_episode_that_plays_seeks_and_is_read_along(
    controller: Serving, open_page: Open
) -> None:
    page = open_page(f"{controller.url}/")
    drop(page, "it's “endgame” 🎙.wav", sample_path("endgame_nagg_nell").read_bytes())
    mine = card(page, "it's “endgame” 🎙.wav")
    expect(mine.locator("[data-step=process][data-state=running]")).to_be_visible(timeout=LONG)
    expect(page.locator("#count")).to_have_text("1 episode under way")
    expect(mine.locator(".pill")).to_have_text("Published", timeout=LONG)
    expect(mine.locator("[data-step][data-state=succeeded]")).to_have_count(4)
    expect(page.locator("#news")).to_contain_text("Published")
    expect(page.locator("#count")).to_have_text("Nothing under way")
    expect(mine).to_contain_text("28 s")
    expect(mine).to_contain_text("free (local)")

    mine.get_by_role("link", name="Episode page").click()
    audio = page.locator("#audio")
    audio.evaluate("audio => audio.play()")
    eventually(lambda: position(audio) > 0.5)
    audio.evaluate("audio => { audio.currentTime = 20; }")
    eventually(lambda: position(audio) > 20.2)
    expect(page.locator("[data-transcript] [aria-current]")).to_be_in_viewport()
    page.locator(".chapters button").first.click()
    eventually(lambda: position(audio) < 15)
    expect(page.locator(".chapters [aria-current]")).to_have_count(1)
    after_click = position(audio)
    eventually(lambda: position(audio) > after_click)


def test_a_recording_of_the_same_name_says_that_it_replaces_the_first(controller: Serving, open_page: Open) -> None:
    page = open_page(f"{controller.url}/")
    drop(page, "twice.mp3", b"no sound")
    expect(page.locator("#uploads")).to_contain_text("Received")
    drop(page, "twice.mp3", b"no sound either")
    expect(page.locator("#uploads")).to_contain_text("replaces the earlier recording")
    expect(card(page, "twice.mp3")).to_have_count(2)


def test_a_file_that_is_no_recording_fails_with_what_to_do_and_can_be_retried(
    controller: Serving, open_page: Open
) -> None:
    page = open_page(f"{controller.url}/")
    drop(page, "notes called.mp3", b"these are words, not sound")
    mine = card(page, "notes called.mp3")
    expect(mine.locator(".pill")).to_have_text("Failed", timeout=LONG)
    expect(mine.locator(".error .message")).to_be_visible()
    expect(mine.locator(".error .advice")).not_to_be_empty()
    mine.get_by_role("button", name="Retry").click()
    expect(mine.locator("[data-step=fetch]")).to_contain_text("attempt 2", timeout=LONG)
    expect(mine.locator(".pill")).to_have_text("Failed", timeout=LONG)
    mine.get_by_role("link", name="Details").click()
    expect(page.locator("tr[data-step=fetch] [data-text=attempts]")).to_have_text("2")
    expect(page.get_by_text("podcast retry")).to_be_visible()


def test_a_hostile_name_stays_text_wherever_it_is_shown(controller: Serving, open_page: Open) -> None:
    page = open_page(f"{controller.url}/")
    name = "<img src=x onerror=hacked=1>\"'><script>hacked=1<／script>.mp3"
    drop(page, name, b"no sound")
    mine = card(page, name)
    expect(mine.locator(".pill")).to_have_text("Failed", timeout=LONG)
    mine.get_by_role("link", name="Details").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert page.evaluate("typeof hacked") == "undefined"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.mp3", b"", "The file is empty."),
        ("notes.txt", b"words", "not a kind of recording"),
        ("x" * 251 + ".flac", b"sound", "name is too long"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_in_words_and_the_refusal_can_be_dismissed(
    controller: Serving, open_page: Open, name: str, content: bytes, said: str
) -> None:
    page = open_page(f"{controller.url}/", expected="400 (BAD REQUEST)")
    drop(page, name, content)
    row = page.locator("#uploads li")
    expect(row).to_contain_text(said)
    row.get_by_role("button", name="Dismiss").click()
    expect(row).to_have_count(0)
    expect(page.locator("#drop input")).to_be_focused()


def test_without_script_a_recording_is_sent_by_form_and_its_state_is_read(
    controller: Serving, open_page: Open, tmp_path: Path
) -> None:
    file = tmp_path / "plain form.mp3"
    file.write_bytes(b"no sound")
    page = open_page(f"{controller.url}/", java_script_enabled=False)
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Send").click()
    expect(card(page, "plain form.mp3")).to_be_visible()
    controller.ended(1)
