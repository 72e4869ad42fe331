"""`metadata.json`: what anyone may know about the episode, for programs. No cost, and minutes only if the show says."""

from __future__ import annotations

import json
from collections.abc import Sequence

from jobs.upload.links import address, episode_file
from shared.models import CatalogueEntry, Loudness, Segment


def render_public_metadata(
    entry: CatalogueEntry, segments: Sequence[Segment], loudness: Loudness, base_url: str
) -> bytes:
    """The user's five fields first, ours after them; times in seconds."""
    document = {
        "title": entry.title,
        "summary": entry.summary,
        "transcript": transcript_text(segments),
        "duration_seconds": round(entry.duration_seconds, 3),
        "keywords": entry.keywords,
        "episode_id": entry.episode_id,
        "job_id": entry.job_id,
        "language": entry.language,
        "published_at": entry.published_at.isoformat(),
        "speakers": entry.speakers,
        "chapters": [chapter.model_dump() for chapter in entry.chapters],
        "audio": {
            "url": address(base_url, entry.audio.key),
            "size": entry.audio.size,
            "mime_type": entry.audio.mime_type,
            "integrated_lufs": round(loudness.integrated_lufs, 1),
            "true_peak_dbtp": round(loudness.true_peak_dbtp, 1),
        },
        "page": address(base_url, episode_file(entry, "index.html")),
        "made_by": entry.made_by,
    }
    if entry.minutes is not None:
        document["minutes"] = entry.minutes.model_dump()
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def transcript_text(segments: Sequence[Segment]) -> str:
    """What was said, a line a segment."""
    return "\n".join(segment.text for segment in segments)
