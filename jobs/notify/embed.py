"""The message that a team reads: a Discord embed, as a pure function over data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from jobs.notify.limits import (
    DESCRIPTION,
    FIELD_NAME,
    FIELD_VALUE,
    FIELDS,
    TITLE,
    TOTAL,
    fitted,
    plain,
    size,
    total,
)
from jobs.notify.words import clock, length, moment, money, words
from shared.deployment import podcast_command
from shared.models import CatalogueEntry, Chapter, PodcastProcessingJob, ProcessingMetadata
from shared.show import ShowSettings

GREEN = 0x2E8B57
RED = 0xC0392B
AMBER = 0xD68910


@dataclass(frozen=True)
class Story:
    """What is known of how a job ended. Only the first three are there when it is told by hand."""

    job_id: str
    status: Literal["completed", "failed"]
    message: str
    output_url: str | None
    error: str | None
    record: PodcastProcessingJob | None
    entry: CatalogueEntry | None
    show: ShowSettings
    public_url: str
    cover_url: str | None
    now: datetime
    draft: ProcessingMetadata | None = None
    """What was heard, with people's edits, of an episode that waits for review."""
    dashboard_url: str | None = None
    stack: str | None = None


def build_message(story: Story) -> dict[str, Any]:
    """The body of a Discord webhook call: one embed within Discord's limits, and nobody is pinged by it."""
    if story.status == "failed":
        embed = _failed(story)
    elif story.record is not None and story.record.outcome == "awaiting_review":
        embed = _waits(story, story.record)
    else:
        embed = _completed(story)
    embed["title"] = fitted(embed["title"], TITLE)
    embed["description"] = fitted(embed["description"], DESCRIPTION)
    # Discord refuses a field without a value.
    embed["fields"] = [field for field in embed["fields"] if field["value"].strip()][:FIELDS]
    embed["timestamp"] = story.now.isoformat()
    embed["footer"] = {"text": fitted(story.show.title, TITLE)}
    over = total(embed) - TOTAL
    if over > 0:
        embed["description"] = fitted(embed["description"], max(1, size(embed["description"]) - over))
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _completed(story: Story) -> dict[str, Any]:
    said = words(story.show.language)
    entry, record = story.entry, story.record
    title = (entry and entry.title) or (record and record.title)
    page = story.output_url or (record.episode_url if record else None)
    embed: dict[str, Any] = {
        "title": f"{said['published']}: {plain(title)}" if title else said["published"],
        "description": plain(entry.summary if entry else story.message),
        "color": GREEN,
        "fields": _facts(story) + _chapters(story, entry.chapters if entry else []) + _links(story, page),
    }
    if _is_address(page):
        embed["url"] = page
    if story.cover_url:
        embed["thumbnail"] = {"url": story.cover_url}
    return embed


def _waits(story: Story, record: PodcastProcessingJob) -> dict[str, Any]:
    said = words(story.show.language)
    draft = story.draft
    title = draft.title if draft else record.title or record.source.object_name
    embed: dict[str, Any] = {
        "title": f"{said['waits']}: {plain(title)}",
        "description": plain(draft.summary if draft else story.message),
        "color": AMBER,
        "fields": _facts(story) + _chapters(story, draft.chapters if draft else []),
    }
    page = f"/jobs/{story.job_id}/edit"
    if story.dashboard_url is not None:
        embed["url"] = story.dashboard_url + page
        embed["fields"].append(_field(said["review"], story.dashboard_url + page))
    else:
        command = podcast_command("dashboard", story.stack)
        embed["fields"].append(_field(said["review"], said["then_open"].format(command=f"`{command}`", page=page)))
    return embed


def _failed(story: Story) -> dict[str, Any]:
    said = words(story.show.language)
    record = story.record
    failure = record.error if record else None
    name = (record and (record.title or record.source.object_name)) or story.message
    step = (record and record.failed_step) or None
    reason = (failure.message if failure else None) or story.error or said["no_reason"]
    fields: list[dict[str, Any]] = []
    if step:
        fields.append(_field(said["step"], said.get(step, step), inline=True))
    if record:
        fields.append(_field(said["file"], plain(record.source.object_name), inline=True))
        fields.append(_field(said["took"], _took(record, story), inline=True))
        if record.cost_usd:
            fields.append(_field(said["cost"], money(record.cost_usd, story.show.language), inline=True))
    if failure and failure.advice:
        fields.append(_field(said["advice"], plain(failure.advice)))
    fields.append(_field(said["again"], f"`{podcast_command(f'retry {story.job_id}', story.stack)}`"))
    return {
        "title": f"{said['failed']}: {plain(name)}" if name else said["failed"],
        "description": plain(reason),
        "color": RED,
        "fields": fields,
    }


def _facts(story: Story) -> list[dict[str, Any]]:
    language = story.show.language
    said = words(language)
    entry, record = story.entry, story.record
    fields = []
    seconds = (entry and entry.duration_seconds) or (record and record.duration_seconds)
    if seconds:
        fields.append(_field(said["duration"], length(seconds, language), inline=True))
    if entry:
        date = moment(entry.published_at, language, story.show.time_zone)
        fields.append(_field(said["date"], date, inline=True))
    if record:
        if not record.approved:  # else most of it was people's own time
            fields.append(_field(said["took"], _took(record, story), inline=True))
        if record.cost_usd is not None:
            fields.append(_field(said["cost"], money(record.cost_usd, language), inline=True))
    return fields


def _took(record: PodcastProcessingJob, story: Story) -> str:
    return length(max(0.0, (story.now - record.created_at).total_seconds()), story.show.language)


def _chapters(story: Story, chapters: Sequence[Chapter]) -> list[dict[str, Any]]:
    if not chapters:
        return []
    said = words(story.show.language)
    lines = [f"`{clock(each.start)}` {plain(each.title)}" for each in chapters]
    return [_field(said["chapters"], _lines_that_fit(lines, said["more_chapters"]))]


def _lines_that_fit(lines: Sequence[str], more: str) -> str:
    kept = len(lines)
    while kept:
        left_out = [more.format(count=len(lines) - kept)] if kept < len(lines) else []
        text = "\n".join([*lines[:kept], *left_out])
        if size(text) <= FIELD_VALUE:
            return text
        kept -= 1
    return lines[0]


def _links(story: Story, page: str | None) -> list[dict[str, Any]]:
    said = words(story.show.language)
    audio = (story.record and story.record.audio_url) or (
        f"{story.public_url}/{story.entry.audio.key}" if story.entry else None
    )
    feed = f"{story.public_url}/feed.rss" if story.entry or story.record else None
    targets = (("page", page), ("audio", audio), ("feed", feed))
    links = [f"[{said[name]}]({address})" for name, address in targets if _is_address(address)]
    return [_field(said["links"], " · ".join(links))] if links else []


def _is_address(text: str | None) -> bool:
    return text is not None and text.startswith(("http://", "https://"))


def _field(name: str, value: str, *, inline: bool = False) -> dict[str, Any]:
    return {"name": fitted(name, FIELD_NAME), "value": fitted(value, FIELD_VALUE), "inline": inline}
