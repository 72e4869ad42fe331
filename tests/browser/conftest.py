"""A headless Chromium, and pages in which any complaint of the browser and any foreign request fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from support_browser import Open, launch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser drops connections as it likes, and Werkzeug then leaves a file for the interpreter to close.

    Its `run_wsgi` reads what is left of the request before it closes the response; that reading fails.
    """
    leave = pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    )
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(leave)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens pages: `open_page(url, color_scheme="dark", …)`; the options are those of a browser context.

    `expected` names what the browser may complain of, by a part of its text.
    """
    contexts = []
    complaints: list[str] = []

    def open_it(url: str, *, expected: str | None = None, **options: Any) -> Page:
        def complain(text: str) -> None:
            if expected is None or expected not in text:
                complaints.append(text)

        context = browser.new_context(**{"viewport": {"width": 1100, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        own = "/".join(url.split("/")[:3])
        page.on(
            "console",
            lambda message: (
                complain(f"{message.text} {message.location['url']}") if message.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("request", lambda request: None if request.url.startswith(own) else complain(request.url))
        page.goto(url)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []
