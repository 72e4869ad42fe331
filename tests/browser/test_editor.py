"""The editor: what a person changes, hears and decides about a draft, and that nothing they typed is ever lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Dialog, Locator, Page, Route, expect
from support_audio import encoded, recorded
from support_browser import CONTRASTS, FOCUSED, PHONE, SMALL_TARGETS, Open, serving_desk, serving_pages, unnamed
from support_desk import ScriptedDesk, a_draft, a_job
from support_published import eventually

from controller.dashboard.audio import MOST
from controller.public_site import build_public_site
from shared.models import JobState
from shared.show import ShowSettings

pytestmark = pytest.mark.browser
NARROW: dict[str, Any] = {**PHONE, "viewport": {"width": 360, "height": 740}}


@pytest.fixture(scope="module")
def recording() -> bytes:
    """45 seconds of somebody reading, in more than one answer's bytes."""
    samples, rate = recorded("two_cities")
    content = encoded(samples, rate, "wav")
    assert len(content) > 1024 * 1024
    return content


@pytest.fixture
def desk(recording: bytes) -> ScriptedDesk:
    job = a_job("talk.wav", JobState.AWAITING_REVIEW, title="On Bees", duration_seconds=45.0)
    desk = ScriptedDesk([job])
    desk.heard[job.job_id] = a_draft(9)
    desk.recordings[job.job_id] = (recording, "audio/wav")
    return desk


# Asked for before open_page in every test, so that the pages close before the server does.
@pytest.fixture
def url(desk: ScriptedDesk) -> Iterator[str]:
    with serving_desk(desk) as url:
        yield f"{url}/jobs/{desk.all[0].job_id}/edit"


def opened(open_page: Open, url: str, **options: Any) -> Page:
    page = open_page(url, **options)
    expect(page.locator("#bar")).to_be_visible()
    return page


def lines(page: Page) -> Locator:
    return page.locator("#lines textarea")


def save(page: Page) -> None:
    page.locator("#save").click()  # by its id: to look for a role, the driver asks each of thousands of lines


def status(page: Page) -> Locator:
    return page.locator("#status")


def time_of(page: Page) -> float:
    return float(page.locator("#audio").evaluate("audio => audio.currentTime"))


def is_paused(page: Page) -> bool:
    return bool(page.locator("#audio").evaluate("audio => audio.paused"))


# ----------------------------------------------------------- edit and decide


def test_a_draft_is_edited_and_published(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    page = opened(open_page, url)
    page.get_by_role("textbox", name="Title", exact=True).fill("Bees and us")
    page.get_by_role("textbox", name="Summary").fill("Two friends\nand a hive.")
    page.get_by_label("Who is Speaker 1?").fill("Ann")
    page.get_by_role("textbox", name="Words at 0:05").fill("Better words.")
    page.get_by_role("textbox", name="Words at 0:10").fill("")
    page.get_by_role("textbox", name="Time of chapter 2").fill("0:00:20")
    page.get_by_role("textbox", name="Title of chapter 2").fill("The hive")
    expect(status(page)).to_have_text("6 unsaved")
    expect(page.locator("#lines .voice").first).to_have_text("Ann")
    save(page)
    expect(status(page)).to_have_text("Everything is saved")

    page.reload()
    expect(page.get_by_role("textbox", name="Title", exact=True)).to_have_value("Bees and us")
    expect(page.get_by_role("textbox", name="Summary")).to_have_value("Two friends\nand a hive.")
    expect(lines(page).nth(1)).to_have_value("Better words.")
    expect(lines(page).nth(2)).to_have_value("")
    expect(page.get_by_role("textbox", name="Title of chapter 2")).to_have_value("The hive")
    assert desk.orders == []

    page.get_by_role("button", name="Publish now").click()
    expect(page).to_have_url(re.compile(r"/jobs/[^/]+$"))
    assert desk.orders == [("publish", None)]
    edits = desk.edits[desk.all[0].episode_id]
    assert (edits.title, edits.speaker_names) == ("Bees and us", {"Speaker 1": "Ann"})
    assert [(line.start, line.text) for line in edits.lines] == [(5, "Better words."), (10, "")]
    assert edits.chapters is not None
    assert [(chapter.start, chapter.title) for chapter in edits.chapters] == [(0, "Greetings"), (20, "The hive")]


def test_publishing_saves_what_was_typed_first(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    page = opened(open_page, url)
    page.get_by_role("textbox", name="Title", exact=True).fill("Typed last")
    page.get_by_role("button", name="Publish now").click()
    expect(page).to_have_url(re.compile(r"/jobs/[^/]+$"))
    assert desk.edits[desk.all[0].episode_id].title == "Typed last"
    assert desk.orders == [("publish", None)]


def test_a_draft_is_published_at_an_hour_of_the_shows_zone(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    desk.settings = ShowSettings(time_zone="Asia/Tokyo")
    page = opened(open_page, url, expected="422", timezone_id="America/New_York")
    button = page.get_by_role("button", name="Publish at this hour")
    button.click()
    hour = page.get_by_label("Day and hour, Asia/Tokyo")
    expect(page.get_by_text("Choose day and hour.")).to_be_visible()
    expect(hour).to_be_focused()
    hour.fill("2026-11-13T07:30")
    expect(page.get_by_text("Choose day and hour.")).to_be_hidden()
    button.click()
    expect(page.locator(".release").first).to_have_text("Goes public on 13 Nov, 07:30 (Asia/Tokyo)")
    assert desk.all[0].release_at == datetime(2026, 11, 12, 22, 30, tzinfo=UTC)


def test_taking_down_and_listening_again_ask_first(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    desk.all = [desk.all[0].but(state=JobState.COMPLETED)]
    page = opened(open_page, url)
    question = page.get_by_role("dialog")
    for name in ("Take down", "Listen again"):
        page.get_by_role("button", name=name).click()
        expect(question).to_be_visible()
        expect(question.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Escape")
        expect(question).to_be_hidden()
    assert desk.orders == []
    page.get_by_role("button", name="Take down").click()
    question.get_by_role("button", name="Take down").click()
    expect(page).to_have_url(re.compile(r"/jobs/[^/]+$"))
    assert desk.orders == [("withdraw", None)]


def test_an_order_that_came_too_late_says_why_and_the_page_stays(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    page = opened(open_page, url, expected="409")
    desk.reject(desk.all[0].job_id)  # somebody else was faster
    page.get_by_role("button", name="Publish now").click()
    expect(page.locator("#trouble")).to_contain_text("rejected and cannot be published")
    expect(page.get_by_role("button", name="Publish now")).to_be_enabled()


def test_a_changed_field_shows_it_and_is_set_back_to_the_models_words(
    url: str, open_page: Open, desk: ScriptedDesk
) -> None:
    page = opened(open_page, url)
    page.get_by_role("textbox", name="Title", exact=True).fill("Mine")
    lines(page).nth(1).fill("Mine too.")
    page.get_by_label("Who is Speaker 2?").fill("Ben")
    page.get_by_role("button", name="Remove chapter 1").click()
    expect(page.locator("[data-changed]")).to_have_count(4)
    expect(page.get_by_text("The model wrote: On Bees")).to_be_visible()
    expect(page.get_by_text("The model wrote: These are the words of line 1.")).to_be_visible()
    for field in ("Title", "Words at 0:05", "Who is Speaker 2?", "Chapters"):
        page.get_by_role("button", name=f"Set back to the model's words: {field}").click()
    expect(page.locator("[data-changed]")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Title", exact=True)).to_have_value("On Bees")
    expect(lines(page).nth(1)).to_have_value("These are the words of line 1.")
    expect(page.get_by_role("textbox", name="Title of chapter 1")).to_have_value("Greetings")
    expect(status(page)).to_have_text("Everything is saved")


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(
    url: str, open_page: Open, desk: ScriptedDesk
) -> None:
    page = opened(open_page, url, expected="422")
    title, time = (
        page.get_by_role("textbox", name="Title", exact=True),
        page.get_by_role("textbox", name="Time of chapter 2"),
    )
    title.fill("")
    page.get_by_role("textbox", name="Summary").fill("x" * 4001)
    time.fill("0:99")
    lines(page).nth(3).fill("x" * 2001)
    save(page)
    expect(page.locator("#trouble")).to_contain_text("Nothing was saved: 4 to correct.")
    expect(title).to_be_focused()
    for control, message in (
        (title, "Write a title."),
        (page.get_by_role("textbox", name="Summary"), "4001 characters; at most 4000 are allowed."),
        (time, "Write the time as h:mm:ss."),
        (lines(page).nth(3), "2001 characters"),
    ):
        expect(control).to_have_attribute("aria-invalid", "true")
        told = page.locator(f"#{control.get_attribute('aria-errormessage')}")
        expect(told).to_contain_text(message)
    assert desk.edits == {}
    title.fill("Better")
    expect(title).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("textbox", name="Summary").fill("Short.")
    lines(page).nth(3).fill("Short.")
    time.fill("0:00:00")
    save(page)
    expect(page.get_by_text("This is not after the chapter before.")).to_be_visible()
    time.fill("0:00:44.5")
    save(page)
    expect(status(page)).to_have_text("Everything is saved")
    expect(page.locator("#trouble")).to_be_hidden()
    assert desk.edits[desk.all[0].episode_id].title == "Better"


# -------------------------------------------------------------------- hearing


def test_the_recording_plays_from_a_line_and_the_line_being_spoken_is_followed(
    url: str, open_page: Open, desk: ScriptedDesk
) -> None:
    page = opened(open_page, url, viewport={"width": 700, "height": 500}, reduced_motion="reduce")
    page.get_by_role("button", name="Play from 0:35").click()
    eventually(lambda: time_of(page) > 35.2)
    spoken = page.locator("#lines [aria-current]")
    expect(spoken).to_have_count(1)
    expect(spoken.locator("textarea")).to_have_value("These are the words of line 7.")
    expect(page.locator("#audio")).to_be_in_viewport()
    page.get_by_role("button", name="Play from 0:05").click()
    page.locator("#speed").select_option("2")
    assert page.locator("#audio").evaluate("audio => audio.playbackRate") == 2
    expect(spoken.locator("textarea")).to_have_value("These are the words of line 1.")
    page.locator("#audio").evaluate("audio => { audio.currentTime = 41; }")
    expect(spoken.locator("textarea")).to_have_value("These are the words of line 8.")
    expect(spoken).to_be_in_viewport()


def test_whoever_writes_is_not_pulled_to_the_line_being_spoken(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    desk.heard[desk.all[0].job_id] = a_draft(60, seconds=0.7)
    page = opened(open_page, url, reduced_motion="reduce")
    lines(page).nth(50).focus()
    page.locator("#audio").evaluate("audio => { audio.currentTime = 0.1; }")
    expect(page.locator("#lines [aria-current] textarea")).to_have_value("These are the words of line 0.")
    expect(lines(page).nth(50)).to_be_in_viewport()
    expect(lines(page).nth(0)).not_to_be_in_viewport()


def test_a_chapter_is_added_and_moved_to_where_the_player_is(url: str, open_page: Open) -> None:
    page = opened(open_page, url)
    audio = page.locator("#audio")
    eventually(lambda: audio.evaluate("audio => audio.readyState > 0"))
    audio.evaluate("audio => { audio.currentTime = 12.7; }")
    page.get_by_role("button", name="Add a chapter at the player's time").click()
    expect(page.get_by_role("textbox", name="Title of chapter 2")).to_be_focused()
    expect(page.get_by_role("textbox", name="Time of chapter 2")).to_have_value("0:00:12")
    page.keyboard.type("Honey")
    audio.evaluate("audio => { audio.currentTime = 30.2; }")
    page.get_by_role("button", name="Set chapter 3 to the player's time").click()
    expect(page.get_by_role("textbox", name="Time of chapter 3")).to_have_value("0:00:30")
    save(page)
    expect(status(page)).to_have_text("Everything is saved")


def test_a_recording_longer_than_one_answer_plays_to_its_end(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    samples, rate = recorded("two_cities")
    long = encoded(np.tile(samples, 3), rate, "wav")
    assert len(long) > 2 * MOST
    desk.recordings[desk.all[0].job_id] = (long, "audio/wav")
    page = opened(open_page, url)
    audio = page.locator("#audio")
    eventually(lambda: audio.evaluate("audio => audio.duration > 100"))
    seconds = float(audio.evaluate("audio => audio.duration"))
    border = seconds * MOST / len(long)
    page.get_by_role("button", name="Play from 0:40").click()
    audio.evaluate("(audio, place) => { audio.currentTime = place; }", border - 1)
    eventually(lambda: time_of(page) > border + 0.5)
    audio.evaluate("(audio, place) => { audio.currentTime = place; }", seconds - 1)
    eventually(lambda: audio.evaluate("audio => audio.ended"))


def test_a_recording_that_expired_is_heard_from_the_public_address(
    url: str, open_page: Open, desk: ScriptedDesk, tmp_path: Path
) -> None:
    desk.recordings.clear()
    samples, rate = recorded("two_cities")
    (tmp_path / "audio.mp3").write_bytes(encoded(samples, rate, "mp3"))
    with serving_pages(build_public_site(tmp_path)) as elsewhere:
        desk.public_url = f"{elsewhere}/site"
        desk.all = [desk.all[0].but(state=JobState.COMPLETED, audio_url=f"{elsewhere}/site/audio.mp3")]
        page = opened(open_page, url, expected=elsewhere)
        page.get_by_role("button", name="Play from 0:05").click()
        eventually(lambda: time_of(page) > 5.2)
        expect(page.locator("#player-trouble")).to_be_hidden()
        page.goto("about:blank")


def test_a_recording_that_cannot_be_played_says_so(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    desk.recordings.clear()
    page = opened(open_page, url, expected="404")
    expect(page.locator("#player-trouble")).to_have_text("The recording cannot be played here.")


# -------------------------------------------------------- nothing typed is lost


def test_leaving_with_unsaved_changes_asks(url: str, open_page: Open) -> None:
    page = opened(open_page, url)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("textbox", name="Title", exact=True).fill("Not saved yet")
    page.get_by_role("link", name="All episodes").click()
    eventually(lambda: asked == ["beforeunload"])
    expect(page.get_by_role("textbox", name="Title", exact=True)).to_have_value("Not saved yet")
    save(page)
    expect(status(page)).to_have_text("Everything is saved")
    page.get_by_role("link", name="All episodes").click()
    expect(page.locator("#drop")).to_be_visible()
    assert asked == ["beforeunload"]


def test_two_who_edit_at_once_lose_nothing(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    mine = opened(open_page, url, expected="412")
    theirs = opened(open_page, url)
    theirs.get_by_role("textbox", name="Title", exact=True).fill("Theirs")
    theirs.get_by_role("textbox", name="Summary").fill("Their summary.")
    save(theirs)
    expect(status(theirs)).to_have_text("Everything is saved")

    mine.get_by_role("textbox", name="Title", exact=True).fill("Mine")
    lines(mine).nth(4).fill("My words.")
    save(mine)
    trouble = mine.locator("#trouble")
    expect(trouble).to_contain_text("Somebody else saved meanwhile.")
    expect(trouble.get_by_role("listitem")).to_have_count(1)
    expect(trouble.get_by_role("listitem")).to_contain_text("Theirs")
    expect(trouble.get_by_role("link", name="See the other version in a new tab")).to_have_attribute(
        "href", url[url.index("/jobs") :]
    )
    expect(mine.get_by_role("textbox", name="Title", exact=True)).to_have_value("Mine")
    expect(mine.get_by_role("textbox", name="Summary")).to_have_value("Their summary.")
    expect(lines(mine).nth(4)).to_have_value("My words.")
    expect(status(mine)).to_have_text("2 unsaved")

    trouble.get_by_role("button", name="Use theirs: Title").click()
    expect(mine.get_by_role("textbox", name="Title", exact=True)).to_have_value("Theirs")
    save(mine)
    expect(status(mine)).to_have_text("Everything is saved")
    edits = desk.edits[desk.all[0].episode_id]
    assert (edits.title, edits.summary) == ("Theirs", "Their summary.")
    assert [line.text for line in edits.lines] == ["My words."]


def test_a_draft_that_was_heard_anew_meanwhile_keeps_what_was_typed(
    url: str, open_page: Open, desk: ScriptedDesk
) -> None:
    page = opened(open_page, url, expected="412")
    job = desk.all[0]
    draft = desk.draft(job.job_id)
    assert draft is not None
    desk.save(job.job_id, draft.edits.model_copy(update={"title": "Theirs"}), draft.version)
    desk.heard[job.job_id] = a_draft(5, seconds=9.0)
    page.get_by_role("textbox", name="Title", exact=True).fill("Mine")
    save(page)
    expect(page.locator("#trouble")).to_contain_text("the model listened to the recording again")
    expect(page.get_by_role("textbox", name="Title", exact=True)).to_have_value("Mine")
    save(page)
    expect(status(page)).to_have_text("Everything is saved")
    assert desk.edits[job.episode_id].title == "Mine"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 401, "body": "<html>Sign in</html>", "content_type": "text/html"}, "not let in any more"),
        ({"status": 200, "body": "<html>Sign in</html>", "content_type": "text/html"}, "not let in any more"),
        ({"status": 503, "body": "overloaded", "content_type": "text/plain"}, "does not answer"),
        (None, "does not answer"),
    ],
)
def test_a_save_that_fails_keeps_what_was_typed_and_can_be_repeated(
    url: str, open_page: Open, desk: ScriptedDesk, answer: dict[str, Any] | None, said: str
) -> None:
    page = opened(open_page, url, expected="Failed to load resource")
    page.route("**/edits", lambda route: route.fulfill(**answer) if answer else route.abort())
    page.get_by_role("textbox", name="Title", exact=True).fill("Kept")
    save(page)
    expect(page.locator("#trouble")).to_contain_text(said)
    expect(page.locator("#trouble")).to_contain_text("What you typed is still here")
    expect(page.get_by_role("textbox", name="Title", exact=True)).to_have_value("Kept")
    expect(status(page)).to_have_text("1 unsaved")
    page.unroute("**/edits")
    save(page)
    expect(status(page)).to_have_text("Everything is saved")
    assert desk.edits[desk.all[0].episode_id].title == "Kept"


def test_what_is_typed_while_saving_stays_unsaved(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    page = opened(open_page, url)
    title = page.get_by_role("textbox", name="Title", exact=True)

    def type_on(route: Route) -> None:
        title.fill("First, and more")
        route.continue_()

    page.route("**/edits", type_on)
    title.fill("First")
    save(page)
    expect(status(page)).to_have_text("1 unsaved")
    assert desk.edits[desk.all[0].episode_id].title == "First"
    expect(title).to_have_value("First, and more")


def test_a_draft_that_does_not_come_can_be_fetched_again(url: str, open_page: Open) -> None:
    page = open_page("/".join(url.split("/")[:3]) + "/", expected="Failed to load resource")
    page.route("**/draft", lambda route: route.abort())
    page.goto(url)
    page.get_by_role("button", name="Try again").wait_for()
    page.unroute("**/draft")
    page.get_by_role("button", name="Try again").click()
    expect(lines(page)).to_have_count(9)
    expect(page.locator("#trouble")).to_be_hidden()


# --------------------------------------------------------------- for everybody


def test_a_draft_is_reviewed_by_keyboard_alone(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    page = opened(open_page, url)
    audio = page.locator("#audio")
    eventually(lambda: audio.evaluate("audio => audio.readyState > 0"))
    page.keyboard.press("Space")
    eventually(lambda: not is_paused(page))
    page.keyboard.press("Space")
    eventually(lambda: is_paused(page))

    reached: list[str] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(FOCUSED)
        label = page.evaluate("document.activeElement.id || document.activeElement.getAttribute('aria-label') || ''")
        if name == "BODY":
            break
        assert outlined, f"{name} {label} has the focus and does not show it"
        reached.append(label or name)
    order = ["audio", "speed", "follow", "title", "summary", "hour", "Time of chapter 1", "speaker-0"]
    order += ["Play from 0:00", "Words at 0:00", "Words at 0:40", "save"]
    # The player and the hour hold several stops each.
    assert [each for each in dict.fromkeys(reached) if each in order] == order
    assert "Publish now" in reached

    lines(page).nth(0).focus()
    page.keyboard.press("Enter")
    expect(lines(page).nth(1)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" And more.")
    assert is_paused(page)
    expect(lines(page).nth(1)).to_have_value("These are the words of line 1. And more.")
    page.keyboard.press("Control+Enter")
    eventually(lambda: time_of(page) > 5.1)
    page.keyboard.press("Control+Enter")
    eventually(lambda: is_paused(page))
    page.keyboard.press("Shift+Enter")
    expect(lines(page).nth(0)).to_be_focused()
    page.keyboard.press("Control+s")
    expect(status(page)).to_have_text("Everything is saved")
    expect(lines(page).nth(0)).to_be_focused()
    assert [line.text for line in desk.edits[desk.all[0].episode_id].lines] == [
        "These are the words of line 1. And more."
    ]
    page.get_by_role("button", name="Publish now").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/jobs/[^/]+$"))
    assert desk.orders == [("publish", None)]


def test_enter_that_ends_a_composed_word_stays_in_its_line(url: str, open_page: Open) -> None:
    page = opened(open_page, url)
    lines(page).nth(0).focus()
    lines(page).nth(0).evaluate(
        "e => e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true }))"
    )
    expect(lines(page).nth(0)).to_be_focused()


def test_everything_has_a_name_and_the_page_is_headed(url: str, open_page: Open) -> None:
    page = opened(open_page, url)
    assert unnamed(page) == []
    assert page.title() == "Review: On Bees · My Podcast"
    levels = page.eval_on_selector_all("h1, h2, h3", "all => all.map(e => e.tagName + ' ' + e.textContent.trim())")
    assert levels == [
        "H1 On Bees",
        "H2 Title and summary",
        "H2 Next steps",
        "H2 Chapters",
        "H2 Speakers",
        "H2 Minutes for reading only",
        "H3 Decisions",
        "H3 Action items",
        "H2 Transcript",
    ]
    described = page.eval_on_selector_all(
        "[data-order]", "all => all.map(e => document.getElementById(e.getAttribute('aria-describedby')).textContent)"
    )
    assert len(described) == 4
    assert all(described)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(url: str, open_page: Open, scheme: str) -> None:
    page = opened(open_page, url, expected="422", color_scheme=scheme, reduced_motion="reduce")
    in_every_condition(page)
    found = page.evaluate(CONTRASTS)
    assert len(found) > 40
    assert [each for each in found if each["contrast"] < 4.5] == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_phone_never_scrolls_sideways_and_its_targets_fit_a_finger(
    url: str, open_page: Open, desk: ScriptedDesk, language: str
) -> None:
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 3
    desk.settings = ShowSettings(language=language, title=word)
    heard = a_draft(9, title=word, summary=word * 3)
    long = [segment.model_copy(update={"text": word, "speaker": word[:90]}) for segment in heard.segments]
    desk.heard[desk.all[0].job_id] = heard.model_copy(update={"segments": long})
    page = opened(open_page, url, expected="422", **NARROW)
    in_every_condition(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(SMALL_TARGETS) == []
    page.locator("#lines textarea").last.focus()
    expect(page.locator("#audio")).to_be_in_viewport()
    expect(page.locator("#save")).to_be_in_viewport()


@pytest.mark.parametrize("width", [360, 390])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_on_a_phone_the_bar_is_one_row_saved_or_not(
    url: str, open_page: Open, desk: ScriptedDesk, language: str, width: int
) -> None:
    desk.settings = ShowSettings(language=language)
    page = opened(open_page, url, **{**PHONE, "viewport": {"width": width, "height": 844}})
    in_a_row = """() => {
      const boxes = [...document.querySelectorAll("#bar > *")].map(e => e.getBoundingClientRect());
      return Math.max(...boxes.map(b => b.top)) < Math.min(...boxes.map(b => b.bottom)) && boxes.length === 3;
    }"""
    expect(status(page)).to_have_attribute("data-state", "saved")
    assert page.evaluate(in_a_row)
    lines(page).nth(0).fill("Changed.")
    expect(status(page)).to_have_attribute("data-state", "unsaved")
    assert page.evaluate(in_a_row)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_on_a_phone_a_conflict_leaves_three_quarters_to_the_words(
    url: str, open_page: Open, desk: ScriptedDesk, language: str
) -> None:
    desk.settings = ShowSettings(language=language)
    page = opened(open_page, url, expected="412", **PHONE)
    job_id = desk.all[0].job_id
    draft = desk.draft(job_id)
    assert draft is not None
    long = "They wrote much more than fits here. " * 5
    theirs = draft.edits.model_copy(update={"title": long, "summary": long, "speaker_names": {"Speaker 1": "Ann"}})
    desk.save(job_id, theirs, draft.version)
    for field in ("#title", "#summary", "#speaker-0"):
        page.locator(field).fill("Mine")
    save(page)
    trouble = page.locator("#trouble")
    expect(trouble.get_by_role("listitem")).to_have_count(3)
    assert trouble.evaluate("banner => banner.offsetHeight < innerHeight / 4")
    assert trouble.evaluate("banner => banner.scrollWidth <= banner.clientWidth")
    assert page.evaluate(SMALL_TARGETS) == []
    last = trouble.get_by_role("button").last
    last.click()
    expect(trouble.get_by_role("listitem")).to_have_count(2)
    expect(page.locator("#speaker-0")).to_have_value("Ann")


def in_every_condition(page: Page) -> None:
    """Brings fields into every look that they have: changed, taken out, wrong, being spoken."""
    page.locator("#lines textarea").nth(0).fill("Changed.")
    page.locator("#lines textarea").nth(1).fill("")
    page.locator("#title").fill("")
    page.locator(".chapter-time").first.fill("soon")
    page.locator("#speaker-0").fill("Ann")
    page.locator("#audio").evaluate("audio => { audio.currentTime = 11; }")
    page.locator("#save").click()
    expect(page.locator("#trouble")).to_be_visible()
    expect(page.locator("#lines [aria-current]")).to_have_count(1)


def test_three_hours_of_talk_stay_usable(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    job_id = desk.all[0].job_id
    desk.heard[job_id] = a_draft(2500, seconds=4.3)
    page = opened(open_page, url)
    expect(lines(page)).to_have_count(2500)
    # What is far away costs nothing: the browser does not even lay it out.
    laid_out = "all => all.filter(e => e.checkVisibility({ contentVisibilityAuto: true })).length"
    assert page.eval_on_selector_all("#lines .at", laid_out) < 100
    last = lines(page).last
    last.fill("The end.")
    expect(last).to_be_in_viewport()
    with page.expect_request("**/edits") as request:
        save(page)
    sent = json.loads(request.value.post_data or "")
    assert [line["text"] for line in sent["lines"]] == ["The end."]
    expect(status(page)).to_have_text("Everything is saved")
    assert desk.edits[desk.all[0].episode_id].lines[0].text == "The end."


def test_without_script_the_page_says_what_it_needs(url: str, open_page: Open) -> None:
    page = open_page(url, java_script_enabled=False)
    expect(page.get_by_text("This page needs JavaScript.")).to_be_visible()
