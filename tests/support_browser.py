"""A headless Chromium, the dashboard in it over a scripted desk, and what people see and do there."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Flask
from playwright.sync_api import Browser, Page, Playwright
from support_desk import ScriptedDesk
from werkzeug.serving import make_server

from controller.dashboard import build_dashboard

CHROMIUM = "/usr/bin/chromium"
"""Debian's, which `make browser` installs; where it is missing, every browser test fails and says so."""

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

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


@contextmanager
def serving_desk(desk: ScriptedDesk) -> Iterator[str]:
    """The address of a dashboard over this desk."""
    with serving_pages(build_dashboard(desk)) as url:
        yield url


@contextmanager
def serving_pages(pages: Blueprint) -> Iterator[str]:
    """The address of a server with nothing but these pages."""
    app = Flask("pages-under-test", static_folder=None)
    app.register_blueprint(pages)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def unnamed(page: Page) -> list[str]:
    controls = "a[href], button, input, textarea, select, progress, audio"
    return list(
        page.eval_on_selector_all(
            controls,
            """all => all.filter(e => e.checkVisibility())
              .filter(e => !(e.labels?.length || e.getAttribute('aria-label') || e.closest('label')))
              .filter(e => e.matches('input, textarea, select') || !e.textContent.trim())
              .map(e => e.outerHTML)""",
        )
    )


FOCUSED = """() => {
  const e = document.activeElement;
  const ring = e.type === "file" ? e.closest("label") : e;
  const style = getComputedStyle(ring);
  const name = e.tagName === "BODY" ? "BODY" : e.type === "file" ? "file" : e.textContent.trim();
  return [name, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}"""

CONTRASTS = """() => {
  const rgba = text => { const n = text.match(/[0-9.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = rgba(getComputedStyle(e).backgroundColor);
      if (color[3] === 1) return color;
    }
    return [255, 255, 255, 1];
  };
  const luminance = ([r, g, b]) => {
    const part = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !element.checkVisibility() || element.closest("template, noscript")) continue;
    const [a, b] = [luminance(rgba(getComputedStyle(element).color)), luminance(ground(element))];
    found.push({ text, contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) });
  }
  return found;
}"""

# WCAG 2.2, 2.5.8: a target is at least 24 px in both directions, links inside of a sentence excepted.
SMALL_TARGETS = """() => [...document.querySelectorAll("a[href], button, label")]
  .filter(e => e.checkVisibility() && !e.closest("h3") && !e.matches(".skip, .address"))
  .map(e => [e.textContent.trim(), e.getBoundingClientRect()])
  .filter(([, box]) => box.height < 24 || box.width < 24)
  .map(([text, box]) => `${text} ${box.width}x${box.height}`)"""
