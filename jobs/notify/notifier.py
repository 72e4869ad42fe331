"""Whoever passes a message on to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Message = Mapping[str, Any]
"""A message in the shape of a Discord webhook's body: see jobs/notify/embed.py, which builds it."""


class Notifier(Protocol):
    """Tells people something."""

    def notify(self, message: Message) -> bool:
        """Passes the message on; true only when somebody was told.

        Raises:
            TransientError: the other side did not answer; trying again later can help.
            PermanentError: the other side refused the message.
        """
        ...
