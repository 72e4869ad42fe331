"""What statistics can say about a transcript: nothing that was not said in it."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.process.local.chapters import chapters_of
from jobs.process.local.keywords import keywords_of
from jobs.process.local.minutes import minutes_of
from jobs.process.local.summary import summary_of
from jobs.process.local.titles import title_of
from jobs.process.local.words import whole
from shared.models import Digest, Segment


def digest_of(segments: Sequence[Segment]) -> Digest:
    """Title, summary, keywords, chapters and minutes of an English transcript with at least one segment."""
    text = whole(segments)
    keywords = keywords_of(text)
    title = title_of(text, keywords)
    chapters = chapters_of(segments, title)
    return Digest(
        title=title,
        summary=summary_of(text),
        keywords=keywords,
        chapters=chapters,
        minutes=minutes_of(text, [chapter.title for chapter in chapters]),
    )
