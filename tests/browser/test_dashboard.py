"""The dashboard's page itself, over episodes in every state: keyboard, phones, dark mode, lost connections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support_browser import CONTRASTS, FOCUSED, PHONE, SMALL_TARGETS, Open, serving_desk, unnamed
from support_desk import PUBLIC_URL, ScriptedDesk, a_job, a_step

from shared.errors import Failure
from shared.models import JobState, StepState
from shared.models.progress import StepNote
from shared.show import ShowSettings

pytestmark = pytest.mark.browser
SILENT = Failure(type="UnusableAudio", message="talk.mp3 is silent.", retryable=False, advice="Record it again.")
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3


def every_kind_of_job() -> ScriptedDesk:
    now = datetime.now(UTC)
    done = {name: a_step(StepState.SUCCEEDED, began=100, took=4) for name in ("fetch", "process", "upload", "notify")}
    at_work = done["fetch"].model_copy(
        update={"state": StepState.RUNNING, "started_at": now - timedelta(seconds=70), "finished_at": None}
    )
    waiting = a_step(StepState.RETRYING, began=9, attempt=2, not_before=now + timedelta(minutes=5), error=SILENT)
    wrong = a_step(StepState.FAILED, began=50, took=4, error=SILENT)
    links = {"audio_url": f"{PUBLIC_URL}/a.mp3", "episode_url": f"{PUBLIC_URL}/a/", "outcome": "completed"}
    facts = {"duration_seconds": 1446.0, "cost_usd": 0.0, "made_by": "Moonshine tiny-en, unchecked"}
    desk = ScriptedDesk(
        [
            a_job("running.m4a", JobState.PROCESSING, steps={"fetch": done["fetch"], "process": at_work}),
            a_job("again.wav", JobState.FETCHING, steps={"fetch": waiting}),
            a_job("done.mp3", JobState.COMPLETED, title="A Talk on Bees", steps=done, **facts, **links),
            a_job("talk.mp3", JobState.FAILED, failed_step="process", error=SILENT, steps={"process": wrong}),
            a_job("old.mp3", JobState.SUPERSEDED, title=LONG_WORD, steps=done, **facts),
            a_job("waits.mp3", JobState.AWAITING_REVIEW, title="第12回「はじめての採用」", steps=done),
        ]
    )
    desk.now = lambda: datetime.now(UTC)  # type: ignore[method-assign]
    running = desk.all[0].job_id
    desk.notes[running] = StepNote(step="process", fraction=0.6, note="recognised 6:00 of 10:00", at=now)
    return desk


@pytest.fixture
def desk() -> ScriptedDesk:
    return every_kind_of_job()


# Asked for before open_page in every test, so that the pages close before the server does.
@pytest.fixture
def url(desk: ScriptedDesk) -> Iterator[str]:
    with serving_desk(desk) as url:
        yield url


def change(desk: ScriptedDesk, place: int, **fields: object) -> None:
    desk.all[place] = desk.all[place].but(**fields)


def test_a_change_of_state_is_shown_and_announced_without_a_reload(
    url: str, open_page: Open, desk: ScriptedDesk
) -> None:
    page = open_page(f"{url}/")
    expect(page.locator("#count")).to_have_text("2 episodes under way")
    page.evaluate("window.sameDocument = true")
    done = desk.all[2].steps
    change(desk, 0, state=JobState.COMPLETED, title="On Running", steps=done)
    first = page.locator(".card").first
    expect(first.locator(".pill")).to_have_text("Published")
    expect(first.locator(".title")).to_have_text("On Running")
    expect(first.locator("progress")).to_be_hidden()
    expect(page.locator("#news")).to_have_text("On Running: Published")
    assert page.evaluate("window.sameDocument")


def test_the_clock_of_a_running_step_ticks(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    time = open_page(f"{url}/").locator(".card").first.locator("[data-step=process] [data-text=time]")
    shown = time.text_content()
    assert shown is not None
    assert shown.startswith("1:1")
    expect(time).not_to_have_text(shown)


def test_a_new_episode_appears_on_top_and_keeps_the_focus_where_it_is(
    url: str, open_page: Open, desk: ScriptedDesk
) -> None:
    page = open_page(f"{url}/")
    retry = page.get_by_role("button", name="Retry")
    retry.focus()
    desk.all.insert(0, a_job("newest.mp3"))
    expect(page.locator(".card .title").first).to_have_text("newest.mp3")
    expect(page.locator(".card")).to_have_count(7)
    expect(retry).to_be_focused()


def test_the_first_episode_takes_the_place_of_the_welcome(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    jobs, desk.all = desk.all, []
    page = open_page(f"{url}/")
    expect(page.get_by_text("Your first episode is one recording away")).to_be_visible()
    desk.all = jobs[:1]
    expect(page.locator(".card")).to_have_count(1, timeout=10_000)
    expect(page.locator("#empty")).to_be_hidden()


def test_the_details_of_a_job_are_live_too(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    page = open_page(f"{url}/jobs/{desk.all[0].job_id}")
    by_hand = page.get_by_text("Resume from the failed step")
    expect(by_hand).to_be_hidden()
    change(desk, 0, state=JobState.FAILED, error=SILENT, failed_step="process", steps=desk.all[3].steps)
    expect(page.locator("tr[data-step=process] .word")).to_have_text("failed")
    expect(page.locator("tr[data-step=process] .advice")).to_have_text("Record it again.")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(by_hand).to_be_visible()
    change(desk, 0, state=JobState.PROCESSING, error=None, failed_step=None)
    expect(by_hand).to_be_hidden()


def test_a_retry_that_cannot_be_is_told_beside_its_button(url: str, open_page: Open, desk: ScriptedDesk) -> None:
    page = open_page(f"{url}/", expected="400 (BAD REQUEST)")
    expect(page.locator("#count")).to_have_text("2 episodes under way")

    def refuse(route) -> None:
        change(desk, 3, state=JobState.PROCESSING)  # somebody else was faster
        route.continue_()

    page.route("**/retry", refuse)
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".card").nth(3).locator(".pill")).to_have_text("Processing")


def test_a_controller_that_does_not_answer_is_told_and_found_again(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/", expected="net::ERR")
    expect(page.locator("#unreachable")).to_be_hidden()
    page.route("**/api/jobs*", lambda route: route.abort())
    expect(page.locator("#unreachable")).to_be_visible(timeout=10_000)
    page.unroute("**/api/jobs*")
    expect(page.locator("#unreachable")).to_be_hidden(timeout=10_000)


def test_a_transfer_that_breaks_off_is_told_with_what_to_do(url: str, open_page: Open, tmp_path: Path) -> None:
    page = open_page(f"{url}/", expected="net::ERR")
    page.route("**/upload*", lambda route: route.abort())
    (tmp_path / "a.mp3").write_bytes(b"sound")
    page.locator("input[type=file]").set_input_files(tmp_path / "a.mp3")
    expect(page.locator("#uploads")).to_contain_text("cut off")


def test_several_chosen_files_are_all_sent(url: str, open_page: Open, desk: ScriptedDesk, tmp_path: Path) -> None:
    page = open_page(f"{url}/")
    names = ["one.mp3", "two words.flac", "drei.OPUS"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    page.locator("input[type=file]").set_input_files([tmp_path / name for name in names])
    for name in names:
        expect(page.locator(".card").filter(has_text=name)).to_be_visible()
    assert desk.files == {name: name.encode() for name in names}


def test_the_address_of_the_feed_is_copied(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{PUBLIC_URL}/feed.rss"


def test_everything_is_reached_by_keyboard_and_seen_to_have_the_focus(
    url: str, open_page: Open, desk: ScriptedDesk
) -> None:
    page = open_page(f"{url}/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(FOCUSED)
        if name == "BODY":
            break
        assert outlined, f"{name} has the focus and does not show it"
        reached.append(name)
    for name in ("Published site ↗", "Copy", "file", "A Talk on Bees", "Details", "Episode page", "Retry"):
        assert name in reached, name

    page.get_by_role("button", name="Retry").focus()
    with page.expect_response("**/retry"):
        page.keyboard.press("Enter")
    assert desk.retried == [desk.all[3].job_id]


def test_the_files_are_chosen_by_keyboard(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/")
    expect(page.locator(".card").first).to_be_visible()
    page.bring_to_front()
    with page.expect_file_chooser() as chooser:
        page.locator("input[type=file]").press("Enter")
    assert chooser.value.is_multiple()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(url: str, open_page: Open, desk: ScriptedDesk, scheme: str) -> None:
    desk.settings = ShowSettings(title="A Show")
    for path in ("/", f"/jobs/{desk.all[3].job_id}", f"/jobs/{desk.all[0].job_id}"):
        page = open_page(f"{url}{path}", color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator(".card").first).to_be_visible()
        found = page.evaluate(CONTRASTS)
        assert len(found) > 20
        assert [each for each in found if each["contrast"] < 4.5] == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_phone_never_scrolls_sideways_and_its_targets_fit_a_finger(
    url: str, open_page: Open, desk: ScriptedDesk, language: str
) -> None:
    desk.settings = ShowSettings(title=LONG_WORD[:200], language=language)
    for path in ("/", f"/jobs/{desk.all[3].job_id}", f"/jobs/{desk.all[4].job_id}"):
        page = open_page(f"{url}{path}", **PHONE)
        expect(page.locator(".card").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate(SMALL_TARGETS) == []


def test_nothing_moves_for_those_who_asked_for_calm(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/", reduced_motion="reduce")
    expect(page.locator("[data-state=running] .mark").first).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0


def test_the_page_is_titled_headed_and_its_parts_are_named(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/")
    assert page.title() == "Dashboard · My Podcast"
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3')].filter(e => !e.closest('[hidden]')).map(e => e.tagName)"
    )
    assert levels == ["H1", "H2", "H2", *["H3"] * 6]
    assert unnamed(page) == []
