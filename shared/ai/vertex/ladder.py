"""What is asked next when an answer may not be believed: a changed question, a smaller chunk, another model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.ai.vertex.judge import Complaint, Fault


@dataclass(frozen=True)
class Try:
    """One way to ask. Seeds differ, so that no two tries are the same question."""

    model: str
    seed: int
    temperature: float | None = None
    """None leaves the model's own, which its vendor recommends; lower ones make loops likelier."""
    complaint: str | None = None
    """What was wrong with the answer before, for the model to hear."""


@dataclass(frozen=True)
class Divide:
    """Ask about each half of the chunk by itself."""


CALMER: Final = 0.6

BETTER_HALVED: Final = frozenset({Fault.CUT_OFF, Fault.LOOP, Fault.RECITED})
"""Faults of long answers. Asking the same again would cost the same and most likely end the same."""


def first_try(models: Sequence[str]) -> Try:
    """How to ask first."""
    return Try(models[0], seed=1)


def next_try(
    models: Sequence[str], tried: Sequence[Try], complaint: Complaint, *, divisible: bool
) -> Try | Divide | None:
    """What to do after the last try's answer was bad; None when there is nothing left to do.

    Each model is asked twice, the second time more calmly and with the complaint; a refusal goes straight to the next
    model, since a question that is refused once is refused again. The last model is asked once.

    Args:
        models: in the order in which they are asked.
        tried: so far, at least one.
        complaint: about the last answer.
        divisible: whether the question can be halved.
    """
    if divisible and complaint.fault in BETTER_HALVED:
        return Divide()
    last = tried[-1]
    again = sum(each.model == last.model for each in tried) > 1
    rest = models[list(models).index(last.model) + 1 :]
    seed = last.seed + 1
    if complaint.fault is not Fault.REFUSED and not again and (rest or len(models) == 1):
        return Try(last.model, seed, temperature=CALMER, complaint=complaint.reason)
    return Try(rest[0], seed, complaint=complaint.reason) if rest else None
