"""A headless Chromium, and what people do with a mouse."""

from __future__ import annotations

import base64
from collections.abc import Callable

from playwright.sync_api import Browser, Page, Playwright

CHROMIUM = "/usr/bin/chromium"
"""Debian's, which `make browser` installs; where it is missing, every browser test fails and says so."""

Open = Callable[..., Page]
"""What the fixture `open_page` is: an address and the options of a browser context to a page."""


def launch(playwright: Playwright) -> Browser:
    options = ["--autoplay-policy=no-user-gesture-required", "--disable-background-networking"]
    return playwright.chromium.launch(executable_path=CHROMIUM, args=options)


def drop(page: Page, name: str, content: bytes) -> None:
    """Drops a file onto the dashboard's drop zone."""
    transfer = page.evaluate_handle(
        """([name, content]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(atob(content), c => c.charCodeAt(0))], name));
          return transfer;
        }""",
        [name, base64.b64encode(content).decode()],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("#drop", event, {"dataTransfer": transfer})
