"""What every notifier promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Message = Mapping[str, Any]
"""A message in the shape of a Discord webhook's body; jobs/notify/embed.py builds it."""


@dataclass(frozen=True)
class Delivery:
    """What became of a message."""

    told: bool
    """Whether somebody could read it."""
    perhaps_twice: bool = False
    """Whether it may stand there a second time: a reply was lost, and the message was sent once more."""


class Notifier(Protocol):
    """Passes a message on to people."""

    def notify(self, message: Message) -> Delivery:
        """Passes the message on.

        Raises:
            TransientError: nobody was told, and trying again later can help.
            PermanentError: nobody was told, or nobody knows; trying again cannot help.
        """
        ...
