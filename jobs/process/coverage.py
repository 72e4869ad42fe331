"""Whether the words cover the speech: no stretch that somebody spoke may be lost without a word about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from jobs.process.clock import clock
from jobs.process.speech import Span, total
from shared.errors import PermanentError
from shared.models import Segment

FLOOR: Final = 0.95
"""Share of the speech that the words must cover."""

SLOWEST_SPEECH: Final = 2.5
"""Letters a second of speech. English has 10 to 18, Japanese in its own script 4 to 8; below this words are missing."""

OR_VERTEX: Final = "set PODCAST_AI=vertex, whose model hears more"

TOLERANCE: Final = 0.3
"""Seconds that a segment may begin too late or end too early: two detectors never agree on the edge of a sound."""

NOTABLE: Final = 1.0
"""Seconds from which on a stretch without words is worth naming."""


def uncovered(speech: Sequence[Span], segments: Sequence[Segment], tolerance: float = TOLERANCE) -> list[Span]:
    """The stretches of speech that no segment with enough letters covers, in order.

    Args:
        speech: where somebody speaks.
        segments: the words.
        tolerance: seconds that a segment may begin too late or end too early.
    """
    left = list(speech)
    for segment in segments:
        stretch = Span(segment.start - tolerance, segment.end + tolerance)
        spoken = total(_common(speech, stretch))
        if spoken and sum(map(str.isalnum, segment.text)) >= SLOWEST_SPEECH * spoken:
            left = without(left, stretch)
    return left


def share_covered(speech: Sequence[Span], gaps: Sequence[Span]) -> float:
    """The share of the speech that is in no gap, 0 to 1; 1 where nobody speaks."""
    spoken = total(speech)
    return 1.0 if not spoken else min(1.0, max(0.0, 1 - total(gaps) / spoken))


def refuse_gaps(name: str, speech: Sequence[Span], gaps: Sequence[Span], *, or_else: str = OR_VERTEX) -> float:
    """The coverage, if it is high enough.

    The error is permanent: the local model hears the same words in the same samples each time, and every stretch
    was listened to twice before it came to this.

    Args:
        name: of the recording, for the message.
        speech: where somebody speaks.
        gaps: of it, without words.
        or_else: what else people can do, to complete "or …".

    Raises:
        PermanentError: it is too low; names where the first notable gap is.
    """
    coverage = share_covered(speech, gaps)
    if coverage >= FLOOR:
        return coverage
    first = next((gap for gap in gaps if gap.duration >= NOTABLE), gaps[0])
    raise PermanentError(
        f"{name}: the words cover only {coverage:.0%} of the speech; the first stretch without words is at "
        f"{clock(first.start)}–{clock(first.end)}",
        advice="Listen to that stretch: is it speech that can be understood? Improve or cut it and drop the file "
        f"again, or {or_else}.",
    )


def without(spans: Sequence[Span], stretch: Span) -> list[Span]:
    """The spans less what of them lies in the stretch."""
    pieces = (
        piece
        for span in spans
        for piece in (Span(span.start, min(span.end, stretch.start)), Span(max(span.start, stretch.end), span.end))
    )
    return [piece for piece in pieces if piece.duration > 0]


def _common(spans: Sequence[Span], stretch: Span) -> list[Span]:
    overlaps = (Span(max(span.start, stretch.start), min(span.end, stretch.end)) for span in spans)
    return [each for each in overlaps if each.duration > 0]
