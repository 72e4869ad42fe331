"""What all calls of an episode's models cost together."""

from __future__ import annotations

from collections.abc import Iterable

from shared.ai import HeardChunk
from shared.models import Cost


def costs_of(heard: HeardChunk) -> list[Cost]:
    """What it cost to hear one chunk."""
    return heard.costs if heard.cost is None else [heard.cost, *heard.costs]


def add_costs(costs: Iterable[Cost]) -> list[Cost]:
    """One cost for each model and version, in the order in which they were first asked."""
    sums: dict[tuple[str, str | None], Cost] = {}
    for cost in costs:
        key = (cost.model, cost.version)
        before = sums.get(key)
        sums[key] = cost if before is None else _sum(before, cost)
    return list(sums.values())


def _sum(one: Cost, other: Cost) -> Cost:
    return one.model_copy(
        update={
            "usd": one.usd + other.usd,
            "input_tokens": one.input_tokens + other.input_tokens,
            "output_tokens": one.output_tokens + other.output_tokens,
        }
    )
