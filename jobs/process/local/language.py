"""Whether an episode is in English, the one language that the tiny model knows: heard, not believed.

Measured over 8 s windows as `Decoder.confidence`, medians of each recording:

    people reading and acting in English               −0.20 … −0.10     with white noise at 10 dB   −0.32 … −0.15
    eSpeak, English, seven voices and three speeds     −0.49 … −0.09     with white noise at 20 dB   −0.64 … −0.10
    eSpeak, twelve other languages (ja de fr es it nl
    pt ru sv cmn ko hi)                                −2.36 … −1.07     with white noise at 20 dB   −2.32 … −0.92

Speech drowned in noise (10 dB, synthetic voices) reaches −0.99: what is recognised of it is wrong too, so that the
refusal, which names both reasons, is right there as well. Music is no matter here: only windows of speech are asked.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

from shared.errors import PermanentError

LEAST_CONFIDENCE: Final = -0.8
"""Mean log-probability, between the two groups above."""


def refuse_other_languages(name: str, confidences: Sequence[float]) -> None:
    """Refuses an episode whose windows the English model does not understand.

    Args:
        name: of the recording.
        confidences: of windows spread over the episode; none where nobody speaks for long enough.

    Raises:
        PermanentError: their median is too low.
    """
    if not confidences or statistics.median(confidences) >= LEAST_CONFIDENCE:
        return
    raise PermanentError(
        f"{name} does not sound like English, or is drowned in noise, and the speech recognition on this machine "
        "knows only English",
        advice="Set PODCAST_AI=vertex, whose model hears many languages, and retry.",
    )
