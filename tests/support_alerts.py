"""Evaluates conditions of alert policies over log entries, as Cloud Monitoring does over the metrics made of them.

Source: https://cloud.google.com/monitoring/alerts/concepts-indepth and
https://cloud.google.com/monitoring/api/v3/aggregation. A series is one combination of a resource's labels; entries are
counted within each alignment period, then series are joined by the fields to group by, if a reducer says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from support_log_query import selects


@dataclass(frozen=True)
class Said:
    """A log entry and the minute in which it was written."""

    minute: int
    entry: Mapping[str, Any]


def holds(condition: Mapping[str, Any], query: str, said: Sequence[Said], until: int) -> list[int]:
    """The minutes, 0 to `until`, in which the condition holds.

    Args:
        condition: of an alert policy.
        query: the filter of the log-based counter that the condition watches.
        said: what was logged.
        until: the last minute.
    """
    counted = [each for each in said if selects(query, each.entry)]
    if "conditionAbsent" in condition:
        return _absent(condition["conditionAbsent"], counted, until)
    return _above(condition["conditionThreshold"], counted, until)


def _above(condition: Mapping[str, Any], counted: Sequence[Said], until: int) -> list[int]:
    assert condition["comparison"] == "COMPARISON_GT"
    assert condition["duration"] == "0s"
    limit = condition["thresholdValue"]
    (aggregation,) = condition["aggregations"]
    return [
        minute
        for minute in range(until + 1)
        if any(value > limit for value in _aligned(counted, aggregation, minute).values())
    ]


def _absent(condition: Mapping[str, Any], counted: Sequence[Said], until: int) -> list[int]:
    (aggregation,) = condition["aggregations"]
    patience = _minutes(condition["duration"])
    last: dict[tuple[str, ...], int] = {}
    found = []
    for minute in range(until + 1):
        last |= dict.fromkeys(_aligned(counted, aggregation, minute), minute)
        # A series that never was is not missed.
        if any(minute - seen >= patience for seen in last.values()):
            found.append(minute)
    return found


def _aligned(counted: Iterable[Said], aggregation: Mapping[str, Any], minute: int) -> Counter[tuple[str, ...]]:
    assert aggregation["perSeriesAligner"] == "ALIGN_DELTA"
    period = _minutes(aggregation["alignmentPeriod"])
    values: Counter[tuple[str, ...]] = Counter()
    for each in counted:
        if minute - period < each.minute <= minute:
            values[_series(each.entry["resource"]["labels"], aggregation)] += 1
    return values


def _series(labels: Mapping[str, str], aggregation: Mapping[str, Any]) -> tuple[str, ...]:
    if aggregation.get("crossSeriesReducer") is None:
        return tuple(f"{name}={value}" for name, value in sorted(labels.items()))
    assert aggregation["crossSeriesReducer"] == "REDUCE_SUM"
    return tuple(labels[field.removeprefix("resource.label.")] for field in aggregation.get("groupByFields", ()))


def _minutes(duration: str) -> int:
    return int(duration.removesuffix("s")) // 60
