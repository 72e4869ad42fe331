"""What can go wrong with one call over HTTP, and what each client must make of it: the table that all clients face."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from stamina.instrumentation import RetryDetails, set_on_retry_hooks
from support_servers.proxy import (
    Behaviour,
    cuts_the_answer,
    does_the_work_and_hangs,
    does_the_work_and_resets,
    resets_half_way,
    says,
    shows_a_web_page,
)

from shared.errors import ConflictError, NotFound, PermanentError, PodcastError, TransientError


@dataclass(frozen=True)
class Situation:
    """What the server does to a call; `outcome` None means that the call succeeds in the end.

    `tries` is how often the call must have been made, None for as often as patience lasts.
    """

    name: str
    behaviours: Sequence[Behaviour]
    outcome: type[PodcastError] | None
    says: str = ""
    for_ever: bool = False
    tries: int | None = None

    @property
    def hangs(self) -> bool:
        return does_the_work_and_hangs in self.behaviours


SITUATIONS = [
    Situation("reset half way", [resets_half_way], None, tries=2),
    Situation(
        "reset half way for ever", [resets_half_way], TransientError, "reset|closed|Protocol|aborted", for_ever=True
    ),
    Situation("timeout after the work was done", [does_the_work_and_hangs], None),
    Situation("reset after the work was done", [does_the_work_and_resets], None),
    Situation("truncated body", [cuts_the_answer], None),
    Situation("401", [says(401)], PermanentError, "401", for_ever=True, tries=1),
    Situation("403", [says(403)], PermanentError, "403", for_ever=True, tries=1),
    Situation("404", [says(404)], NotFound, for_ever=True, tries=1),
    Situation("409", [says(409)], ConflictError, for_ever=True, tries=1),
    Situation("412", [says(412)], ConflictError, for_ever=True, tries=1),
    Situation("429 with Retry-After", [says(429, {"Retry-After": "0"})], None, tries=2),
    Situation("500, then good", [says(500)], None, tries=2),
    Situation("500 and 502, then good", [says(500), says(502)], None, tries=3),
    Situation("503 for ever", [says(503)], TransientError, "503", for_ever=True),
    Situation("501", [says(501)], PermanentError, "501", for_ever=True, tries=1),
    Situation("a web page, then good", [shows_a_web_page], None),
    Situation("a web page for ever", [shows_a_web_page], TransientError, "", for_ever=True),
]


@contextmanager
def waits_recorded() -> Iterator[list[float]]:
    """The seconds waited before each retry, in order."""
    waits: list[float] = []

    def note(details: RetryDetails) -> None:
        waits.append(details.wait_for)

    set_on_retry_hooks([note])
    try:
        yield waits
    finally:
        set_on_retry_hooks(None)


def raises(situation: Situation, outcome: type[PodcastError]) -> pytest.RaisesExc[PodcastError]:
    """The error is of exactly this kind: a NotFound is no other PermanentError."""
    return pytest.RaisesExc(outcome, match=situation.says or None, check=lambda error: type(error) is outcome)
