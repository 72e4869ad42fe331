"""Minutes (議事録) by plain cues: a sentence is a decision or a task only where its words say so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from jobs.process.local.words import sentences
from shared.models import Minutes

DECISION: Final = re.compile(
    r"\b(?:(?:we|they|the (?:team|board|committee|council|group))(?:'ve| have| has)?(?: all)? (?:decided|agreed)"
    r" (?:to|that|on|not to)|(?:the|our) decision is|it (?:was|has been) decided)\b",
    re.IGNORECASE,
)
TASK: Final = re.compile(
    r"\baction items?\b"
    r"|\b(?:will|'ll|is going to|am going to|are going to|needs? to|please) "
    r"(?:send|prepare|write|schedule|share|update|review|draft|book|organi[sz]e|follow up|get back|report back)\b",
    re.IGNORECASE,
)
MOST: Final = 20
"""Of each kind."""


def minutes_of(text: str, topics: Sequence[str]) -> Minutes:
    """The topics as given, and the sentences that say they are a decision or a task."""
    said = list(dict.fromkeys(sentences(text)))
    decisions = [each for each in said if DECISION.search(each)]
    tasks = [each for each in said if TASK.search(each) and each not in decisions]
    return Minutes(topics=list(topics), decisions=decisions[:MOST], action_items=tasks[:MOST])
