"""The published site in a real browser, served as the controller serves it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from support_published import eventually
from support_upload import a_metadata, as_argument, context_for, speech, write_wav
from werkzeug.serving import make_server

from controller.public_site import build_public_site
from jobs.upload.step import run
from shared.config import LocalSettings
from shared.contract import UploadArguments
from shared.models import Chapter, Segment

pytestmark = pytest.mark.browser
SECONDS = 40


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    """The address of a site with one published episode of real speech."""
    folder = tmp_path_factory.mktemp("site")
    samples, rate = speech()
    recording = write_wav(folder / "talk.wav", samples[: SECONDS * rate], rate)
    lines = [Segment(start=at * 2.0, end=at * 2.0 + 2, text=f"Line {at}.") for at in range(SECONDS // 2)]
    metadata = a_metadata(
        duration_seconds=SECONDS,
        segments=lines,
        chapters=[Chapter(start=0, title="Start"), Chapter(start=20, title="Middle")],
    )
    settings = LocalSettings(data=folder / "data")
    arguments = UploadArguments(job_id="job-1", audio_file=str(recording), metadata_json=as_argument(metadata))
    run(arguments, context_for(settings))
    app = Flask(__name__)
    app.register_blueprint(build_public_site(settings.public.root))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/site"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[(1100, 800), (390, 800)], ids=["desk", "phone"])
def page(browser, request) -> Iterator[Page]:
    """A page in which any complaint of the browser fails the test."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if "127.0.0.1" not in request.url else None)
    yield page
    context.close()
    assert complaints == []


def open_episode(page: Page, site: str, fragment: str = "") -> None:
    page.goto(f"{site}/podcasts/job-1/index.html{fragment}")
    eventually(lambda: page.evaluate("document.getElementById('audio').readyState >= 1"))


def position(page: Page) -> float:
    return float(page.evaluate("document.getElementById('audio').currentTime"))


def test_the_show_s_page_leads_to_the_episode_and_back(page, site):
    page.goto(f"{site}/")
    page.get_by_role("link", name="Bees at noon").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bees at noon")
    page.get_by_role("link", name="My Podcast").click()
    expect(page.get_by_role("heading", name="Episodes")).to_be_visible()


def test_a_chapter_jumps_to_its_time_and_is_marked(page, site):
    open_episode(page, site)
    page.get_by_role("button", name="Middle").click()
    eventually(lambda: page.evaluate("document.getElementById('audio').currentTime >= 20"))
    expect(page.locator(".chapters [aria-current=true]")).to_have_text("00:20Middle")


def test_the_transcript_follows_the_audio_as_it_plays(page, site):
    open_episode(page, site)
    page.evaluate("document.getElementById('audio').currentTime = 29.5; document.getElementById('audio').play()")
    expect(page.locator("[data-transcript] [aria-current]")).to_contain_text("Line 15.")
    expect(page.locator("[data-transcript] [aria-current]")).to_be_in_viewport()


def test_a_line_jumps_to_its_time_by_mouse_and_by_keyboard(page, site):
    open_episode(page, site)
    page.get_by_text("Line 6.").click()
    eventually(lambda: page.evaluate("document.getElementById('audio').currentTime >= 12"))
    page.evaluate("document.getElementById('audio').pause()")
    page.locator("[data-transcript] [tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    eventually(lambda: page.evaluate("document.getElementById('audio').currentTime >= 16"))
    assert position(page) < 20


def test_the_transcript_is_one_stop_of_the_tab_key(page, site):
    open_episode(page, site)
    assert page.locator("[data-transcript] button[tabindex='0']").count() == 1


def test_an_address_with_a_time_opens_there(page, site):
    open_episode(page, site, "#t=31")
    eventually(lambda: page.evaluate("document.getElementById('audio').currentTime >= 31"))


def test_no_page_scrolls_sideways(page, site):
    for name in ("", "podcasts/job-1/index.html"):
        page.goto(f"{site}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_text_stands_out_from_its_background_in_both_colour_schemes(page, site):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        open_episode(page, site)
        for selector in ("h1", ".by", ".summary p", "main a"):
            assert page.evaluate(CONTRAST, selector) >= 4.5, f"{selector} in {scheme}"


CONTRAST = """selector => {
  const luminance = text => {
    const [r, g, b] = text.match(/[0-9.]+/g).slice(0, 3).map(Number)
      .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ink = luminance(getComputedStyle(document.querySelector(selector)).color);
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
}"""
