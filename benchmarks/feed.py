"""Feed rendering against a plain string join of the same items.

python benchmarks/feed.py [EPISODES …]        default: 10 1000 10000
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from html import escape

from jobs.upload.feed import Channel, newest_first, render_feed
from jobs.upload.notes import render_description, render_notes
from shared.models import CatalogueEntry, Chapter, PublishedAudio
from shared.show import ShowSettings

BASE_URL = "https://listen.example/site"
SHOW = ShowSettings(title="Bench", footer="Write to us: https://bees.example/contact")
CHANNEL = Channel(guid="11111111-2222-5333-8444-555555555555", cover_key="cover.png")
LEAST_SECONDS = 0.2
"""Every figure is the best of as many runs as this takes."""


def an_entry(number: int) -> CatalogueEntry:
    """An episode like those that people publish: a paragraph, eight chapters, five keywords."""
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    return CatalogueEntry(
        episode_id=f"00000000-0000-5000-8000-{number:012}",
        job_id=f"11111111-0000-5000-8000-{number:012}",
        generation=1,
        title=f"Episode {number}: of bees & other friends",
        summary="What we talk about when we talk about bees, and what we leave out. " * 5,
        language="en",
        duration_seconds=1800 + number % 60,
        keywords=["bees", "honey", "hives", "meadows", "summer"],
        chapters=[Chapter(start=at * 200, title=f"Part {at}: a longer name") for at in range(8)],
        audio=PublishedAudio(key=f"podcasts/{number}/audio.mp3", size=28_800_000),
        made_by="Transcript and summary were made by a machine.",
        published_at=moment,
        updated_at=moment,
    )


def joined(entries: list[CatalogueEntry]) -> str:
    """The same items by joining strings, with no XML library and no paging."""
    return "".join(
        f"<item><title>{escape(entry.title)}</title><link>{BASE_URL}/{entry.folder}/index.html</link>"
        f'<guid isPermaLink="false">{entry.episode_id}</guid><pubDate>{entry.published_at:%a, %d %b %Y %T +0000}'
        f"</pubDate><description><![CDATA[{render_description(entry, SHOW, BASE_URL)}]]></description>"
        f"<content:encoded><![CDATA[{render_notes(entry, SHOW, BASE_URL)}]]></content:encoded>"
        f'<enclosure url="{BASE_URL}/{entry.audio.key}" length="{entry.audio.size}" type="audio/mpeg"/>'
        f"<itunes:duration>{round(entry.duration_seconds)}</itunes:duration>"
        f"<itunes:explicit>false</itunes:explicit><itunes:episodeType>full</itunes:episodeType>"
        f'<podcast:transcript url="{BASE_URL}/{entry.folder}/transcript.vtt" type="text/vtt"/>'
        f'<podcast:transcript url="{BASE_URL}/{entry.folder}/transcript.srt" type="application/x-subrip"/>'
        f'<podcast:transcript url="{BASE_URL}/{entry.folder}/transcript.json" type="application/json"/>'
        f'<podcast:chapters url="{BASE_URL}/{entry.folder}/chapters.json" type="application/json+chapters"/>'
        f'<podcast:txt purpose="ai-content">{escape(entry.made_by or "")}</podcast:txt></item>'
        for entry in newest_first(entries)
    )


def best_of(action: Callable[[], object]) -> float:
    """Seconds of the fastest run."""
    best, spent = float("inf"), 0.0
    while spent < LEAST_SECONDS:
        started = time.perf_counter()
        action()
        seconds = time.perf_counter() - started
        best, spent = min(best, seconds), spent + seconds
    return best


def main() -> None:
    """Prints one line a size."""
    parser = argparse.ArgumentParser(description="Feed rendering against a plain string join.")
    parser.add_argument("episodes", nargs="*", type=int, default=[10, 1000, 10_000])
    before: tuple[int, float] | None = None
    for count in parser.parse_args().episodes:
        entries = [an_entry(number) for number in range(count)]
        pages = render_feed(SHOW, entries, BASE_URL, channel=CHANNEL)
        ours = best_of(partial(render_feed, SHOW, entries, BASE_URL, channel=CHANNEL))
        plain = best_of(partial(joined, entries))
        growth = f", {ours / before[1] / (count / before[0]):.2f} × linear" if before else ""
        print(f"feed of {count:6,} episodes, {len(pages)} page(s): {ours / plain:5.2f} × a plain string join{growth}")
        before = (count, ours)


if __name__ == "__main__":
    main()
