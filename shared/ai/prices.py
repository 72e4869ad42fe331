"""What models charge: the one table of prices, and the arithmetic on it.

Prices as of 2026-11-24, in US dollars per million tokens, from the vendor's price list for the Developer API; Vertex AI
charges the same for these models as far as is published. Thoughts are billed as output. Audio costs as much as text but
where a row says otherwise: of the models here, only 3.1 Flash-Lite has a published price of its own for audio.
https://ai.google.dev/gemini-api/docs/pricing and https://cloud.google.com/vertex-ai/generative-ai/pricing
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from shared.models import Cost


@dataclass(frozen=True)
class Price:
    """What a model charges from a day on, in US dollars per million tokens; `since` None means: already before.

    `audio` is for tokens of audio in the input, where they do not cost what others do.
    """

    model: str
    since: date | None
    input: float
    output: float
    audio: float | None = None

    def of(self, text_tokens: int, audio_tokens: int, output_tokens: int) -> float:
        """US dollars."""
        audio = self.input if self.audio is None else self.audio
        return (text_tokens * self.input + audio_tokens * audio + output_tokens * self.output) / MILLION


PRICES: Final = (
    Price("gemini-3.8-flash", None, input=0.75, output=3.75),
    # The introductory price of this generation ends with the year.
    Price("gemini-3.8-flash", date(2027, 1, 1), input=1.50, output=7.50),
    Price("gemini-3.7-flash", None, input=0.75, output=3.75),
    Price("gemini-3.7-flash", date(2027, 1, 1), input=1.50, output=7.50),
    Price("gemini-3.6-flash", None, input=0.75, output=3.75),
    Price("gemini-3.6-flash", date(2027, 1, 1), input=1.50, output=7.50),
    Price("gemini-3.5-flash", None, input=1.50, output=9.00),
    Price("gemini-3.5-flash-lite", None, input=0.30, output=2.50),
    Price("gemini-3.1-flash-lite", None, input=0.25, output=1.50, audio=0.50),
)
CURRENT_MODELS: Final = tuple(dict.fromkeys(price.model for price in PRICES))

AUDIO_TOKENS_A_SECOND: Final = 32
"""Source: https://ai.google.dev/gemini-api/docs/audio"""

SPOKEN_TOKENS_A_SECOND: Final = 6
"""Fast speech: 200 words a minute, or 6 Japanese characters a second, at one and a third token each."""

TIMING_TOKENS_A_SECOND: Final = 5
"""What times, speakers and punctuation of the answer add: some forty tokens for each eight seconds."""

THOUGHTS_A_CHUNK: Final = 2_000
DIGEST_TOKENS: Final = 12_000
"""Of the digest's answer, most of them thoughts."""

PROMPT_TOKENS: Final = 1_000
MILLION: Final = 1_000_000


def price_of(model: str, on: date) -> Price:
    """What the model charges on that day.

    A model that the table does not know counts as the dearest one: the cap must hold for it too.
    """
    # The table is in the order of time, so the last row of a model that has begun is the one in force.
    in_force = {price.model: price for price in PRICES if price.since is None or price.since <= on}
    return in_force.get(model) or max(in_force.values(), key=lambda each: each.output)


def cost_of(
    model: str, version: str | None, input_tokens: int, output_tokens: int, on: date, *, audio_tokens: int = 0
) -> Cost:
    """What one answer cost; `output_tokens` with the thoughts, `audio_tokens` are those of the input that are audio."""
    usd = price_of(model, on).of(input_tokens - audio_tokens, audio_tokens, output_tokens)
    return Cost(model=model, version=version, usd=usd, input_tokens=input_tokens, output_tokens=output_tokens)


def estimate_of_episode(model: str, seconds: float, longest_chunk: float, on: date) -> Cost:
    """What an episode of so many seconds will cost if every answer is good the first time. Rather too much."""
    chunks = max(1, -(-seconds // longest_chunk)) if seconds else 0
    transcript = seconds * SPOKEN_TOKENS_A_SECOND
    timing = seconds * TIMING_TOKENS_A_SECOND
    audio = round(seconds * AUDIO_TOKENS_A_SECOND)
    read = transcript + timing + (chunks + 1) * PROMPT_TOKENS
    written = transcript + timing + chunks * THOUGHTS_A_CHUNK + DIGEST_TOKENS
    return cost_of(model, None, audio + round(read), round(written), on, audio_tokens=audio)


def add_costs(costs: Iterable[Cost]) -> list[Cost]:
    """One cost for each model and version, in the order of their names."""

    def kind(cost: Cost) -> tuple[str, str]:
        return cost.model, cost.version or ""

    return [_together(list(each)) for _, each in groupby(sorted(costs, key=kind), key=kind)]


def _together(costs: Sequence[Cost]) -> Cost:
    return costs[0].model_copy(
        update={
            "usd": sum(cost.usd for cost in costs),
            "input_tokens": sum(cost.input_tokens for cost in costs),
            "output_tokens": sum(cost.output_tokens for cost in costs),
        }
    )
