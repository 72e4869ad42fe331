"""What an episode may cost: an estimate before the first question, a running account after it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from shared.errors import PermanentError
from shared.models import Cost

RAISE_THE_CAP: Final = "PODCAST_COST_CAP_USD (`cost_cap_usd` in the stack's configuration)"
"""Where the cap is set, for people."""


def nobody(_: Cost) -> None:
    """Hears it and does nothing."""


class Budget:
    """The most that one episode may cost, in US dollars. Safe to use from several threads.

    Args:
        cap: US dollars, for all attempts together.
        tell: hears each cost that is entered.
        before: US dollars that earlier attempts have spent.
    """

    def __init__(self, cap: float, tell: Callable[[Cost], object] = nobody, before: float = 0.0) -> None:
        self._cap = cap
        self._tell = tell
        self._before = before
        self._spent = 0.0
        self._lock = threading.Lock()

    def admit(self, expected: Cost, seconds: float) -> None:
        """Refuses audio that is expected to cost more than is left.

        Args:
            expected: of the whole work.
            seconds: of audio that it is for.

        Raises:
            PermanentError: names the estimate, the cap and how to raise it.
        """
        spent = self._before + self.spent
        if expected.usd > self._cap - spent:
            raise PermanentError(
                f"{seconds / 60:.0f} minutes of audio would cost about ${expected.usd:.2f} with {expected.model}, and "
                f"the cap is ${self._cap:.2f} an episode{f', of which ${spent:.2f} is spent already' if spent else ''}",
                advice=f"Set {RAISE_THE_CAP} to {spent + expected.usd:.2f} or more and retry, choose a cheaper "
                "VERTEX_AI_MODEL, or cut the episode.",
            )

    def charge(self, cost: Cost) -> None:
        """Enters what an answer cost."""
        with self._lock:
            self._spent += cost.usd
        self._tell(cost)

    def refuse_if_spent(self, about: str) -> None:
        """Stops before a question that the episode cannot afford: bad answers cost as much as good ones.

        Raises:
            PermanentError: the cap is reached.
        """
        if self._before + self.spent >= self._cap:
            earlier = f", earlier attempts ${self._before:.2f}," if self._before else ""
            raise PermanentError(
                f"this run has cost ${self.spent:.2f}{earlier} and the cap is ${self._cap:.2f} an episode, so nothing "
                f"was asked about {about}",
                advice=f"Raise {RAISE_THE_CAP} and retry: the chunks that were paid for are kept.",
            )

    @property
    def spent(self) -> float:
        """US dollars so far, of this run alone."""
        with self._lock:
            return self._spent
