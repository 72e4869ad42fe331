"""How a client of ours waits: what may pass is tried again, with backoff and jitter; what cannot succeed is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import stamina

from shared.errors import TransientError

Answer = TypeVar("Answer")

PUSH_DEADLINE: Final = 10.0
"""Seconds in which Eventarc wants its push answered before it sends the event again, and the shortest deadline that we
are given. Source: https://cloud.google.com/pubsub/docs/push#properties (acknowledgement deadline)."""


@dataclass(frozen=True)
class Patience:
    """How often one call is tried and how long it may take. All times in seconds.

    A library's own retries are switched off wherever this is used: two layers would multiply.
    """

    attempts: int = 6
    total: float = 120.0
    """No attempt begins later than this after the first one."""
    first_wait: float = 0.5
    longest_wait: float = 20.0
    connect: float = 10.0
    read: float = 60.0
    """Longest silence of the other side within one attempt."""

    @property
    def longest_call(self) -> float:
        """Seconds after which a call of a silent server has failed: its last attempt begins within `total`."""
        every_attempt = self.attempts * (self.connect + self.read) + (self.attempts - 1) * self.longest_wait
        return min(every_attempt, self.total + self.connect + self.read)

    @property
    def timeouts(self) -> tuple[float, float]:
        """To connect, and to wait for bytes: the pair that `requests` takes."""
        return self.connect, self.read

    def persistently(self, call: Callable[[], Answer]) -> Answer:
        """The answer of `call`, which raises TransientError for what may pass and anything else for what will not.

        A wait that the other side asked for (Retry-After) is obeyed. One that is longer than our patience is left to
        the orchestrator: the error says for how long.
        """
        for attempt in stamina.retry_context(
            on=self._wait_after,
            attempts=self.attempts,
            timeout=self.total,
            wait_initial=self.first_wait,
            wait_max=self.longest_wait,
            wait_jitter=self.first_wait,
        ):
            with attempt:
                return call()
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover - for the type checker

    def _wait_after(self, error: Exception) -> bool | float:
        if not isinstance(error, TransientError):
            return False
        if error.retry_after is None:
            return True
        return error.retry_after if error.retry_after <= self.total else False
