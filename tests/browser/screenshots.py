"""Takes the pictures of README.md anew, from a real run: docs/images/dashboard.png and docs/images/site.png."""

from __future__ import annotations

import io
import re
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds the support modules, too

from support_audio import encoded, recorded, sample_path
from support_browser import launch
from support_published import Serving, eventually, serving

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SHOW = """
title = "Read Aloud"
author = "The Read Aloud Circle"
description = "Great beginnings and one small quarrel, read aloud."
category = "Arts > Books"
time_zone = "Asia/Tokyo"
"""
PATIENCE = 300_000
"""Milliseconds that an episode may take."""
COLOURS = 96
LARGEST = 200_000
"""Bytes of one picture: README.md should open at once."""


def main() -> None:
    """Publishes two recordings, has a file refused and a long one under way, and looks."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        (Path(folder) / "show.toml").write_text(SHOW)
        browser = launch(playwright)
        with serving(Path(folder)) as controller:
            take_dashboard(controller, browser)
            take_site(controller, browser)
            browser.close()


def take_dashboard(controller: Serving, browser: Browser) -> None:
    page = open_page(browser, f"{controller.url}/", height=1280)
    for count, name in enumerate(("endgame_nagg_nell", "two_cities"), start=1):
        send(controller, f"{name.replace('_', ' ')}.wav", sample_path(name).read_bytes())
        expect(page.locator("[data-tone=done].card")).to_have_count(count, timeout=PATIENCE)
    send(controller, "meeting notes.mp3", b"These are notes about a meeting, and no recording of it.")
    expect(page.locator("[data-tone=failed].card")).to_have_count(1, timeout=PATIENCE)
    samples, rate = recorded("two_cities")
    send(controller, "reading marathon.flac", encoded(np.tile(samples, 14), rate, "flac"))
    percent = page.locator(".card").first.locator("[data-text='running.percent_label']")
    expect(percent).to_have_text(re.compile(r"[4-8]\d %"), timeout=PATIENCE)
    keep(page, "dashboard")


def take_site(controller: Serving, browser: Browser) -> None:
    (record,) = (each for each in controller.records() if "two cities" in str(each["source"]))
    page = open_page(browser, str(record["episode_url"]), height=900)
    audio = page.locator("#audio")
    audio.evaluate("audio => audio.play()")
    audio.evaluate("audio => { audio.currentTime = 6; }")
    eventually(lambda: audio.evaluate("audio => audio.currentTime > 6.5"))
    audio.evaluate("audio => audio.pause()")
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    keep(page, "site")


def open_page(browser: Browser, url: str, *, height: int) -> Page:
    viewport: ViewportSize = {"width": 1000, "height": height}
    page = browser.new_context(viewport=viewport, device_scale_factor=1.5, reduced_motion="reduce").new_page()
    page.goto(url)
    return page


def send(controller: Serving, name: str, content: bytes) -> None:
    url = f"{controller.url}/upload?name={urllib.parse.quote(name)}"
    urllib.request.urlopen(urllib.request.Request(url, content), timeout=60).close()


def keep(page: Page, name: str) -> None:
    """Keeps what the page shows, in few colours: they are few anyway, and the file is a third of its size."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    target = IMAGES / f"{name}.png"
    picture.save(target, optimize=True)
    size = target.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{target} has {size:,} bytes, more than {LARGEST:,}")
    print(f"{target} {size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
