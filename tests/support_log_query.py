"""Reads the part of Cloud Logging's query language that our filters use.

Source: https://cloud.google.com/logging/docs/view/logging-query-language
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# Lifted out of the payload: https://cloud.google.com/logging/docs/structured-logging
SPECIAL = {"severity", "time", "timestamp"}

_LOG = re.compile(r'log_id\("([^"]+)"\)')
_COMPARISON = re.compile(r'([\w.]+) (=~|=) (?:"([^"]*)"|\(([^)]*)\)|(\S+))')


def entry(line: str, resource: Mapping[str, Any], log: str = "run.googleapis.com/stderr") -> dict[str, Any]:
    """A line of a program's output as Cloud Logging stores it."""
    payload = {name: value for name, value in json.loads(line).items() if name not in SPECIAL}
    return {"resource": resource, "log_id": log, "jsonPayload": payload}


def selects(query: str, found: Mapping[str, Any]) -> bool:
    """Whether the query selects the entry. Raises ValueError for what this module cannot read."""
    return all(_holds(part.strip(), found) for part in query.split(" AND "))


def _holds(part: str, found: Mapping[str, Any]) -> bool:
    log = _LOG.fullmatch(part)
    if log:
        return bool(found["log_id"] == log[1])
    form = _COMPARISON.fullmatch(part)
    if not form:
        raise ValueError(f"{part!r} is a query of a kind that this module does not know")
    path, operator, quoted, alternatives, bare = form.groups()
    value: Any = found
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None:
        return False
    if operator == "=~":
        return re.search(quoted, str(value)) is not None
    wanted = re.findall(r'"([^"]*)"', alternatives) if alternatives else [quoted if quoted is not None else bare]
    # `=` compares without case.
    return str(value).lower() in {each.lower() for each in wanted}
