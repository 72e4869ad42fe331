"""A draft as JSON, for the editor and for programs, and the version that a change of it must name."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from controller.dashboard.changes import speakers_of
from controller.dashboard.desk import Draft
from controller.dashboard.lines import lines_of, without_place
from shared.models import PodcastProcessingJob


def draft_json(job: PodcastProcessingJob, draft: Draft) -> dict[str, Any]:
    """Everything that the editor shows. `edits` is what it sends back, changed."""
    heard = draft.heard
    return {
        **saved_json(job, draft),
        "state": job.state.value,
        "withdrawn": job.withdrawn,
        "published_revision": job.revision,
        "duration_seconds": heard.duration_seconds,
        "language": heard.language,
        "heard": {
            "title": heard.title,
            "summary": heard.summary,
            "chapters": [chapter.model_dump() for chapter in heard.chapters],
            "speakers": speakers_of(heard),
            "decisions": heard.minutes.decisions,
            "action_items": heard.minutes.action_items,
        },
        "lines": [asdict(line) for line in lines_of(heard, draft.edits)],
    }


def saved_json(job: PodcastProcessingJob, draft: Draft) -> dict[str, Any]:
    """What people made of the draft: short, as the answer to saving it."""
    edits = draft.edits
    lost = {(line.start, line.end, line.was) for line in without_place(draft.heard, edits)}
    heard = set(speakers_of(draft.heard))
    return {
        "job_id": job.job_id,
        "episode_id": job.episode_id,
        "version": draft.version,
        "revision": edits.revision,
        "edited_at": edits.edited_at.isoformat() if edits.edited_at else None,
        "edited_by": edits.edited_by,
        "edits": {
            "title": edits.title,
            "summary": edits.summary,
            "chapters": None if edits.chapters is None else [chapter.model_dump() for chapter in edits.chapters],
            "speaker_names": {label: name for label, name in edits.speaker_names.items() if label in heard},
            "lines": [line.model_dump() for line in edits.lines if (line.start, line.end, line.was) not in lost],
        },
    }


def etag_of(draft: Draft) -> str:
    """The draft's version as an entity tag: RFC 9110, section 8.8.3."""
    return f'"{draft.version}"'


def matches(if_match: str, draft: Draft) -> bool:
    """Whether the header If-Match names this version; a weak tag never does (RFC 9110, 13.1.1)."""
    tags = [tag.strip() for tag in if_match.split(",")]
    return "*" in tags or etag_of(draft) in tags


def version_seen(if_match: str | None) -> str | None:
    """The one version that If-Match names; None where it names none, any, or several."""
    if if_match is None or not re.fullmatch(r'\s*"[^"]*"\s*', if_match):
        return None
    return if_match.strip().strip('"')
