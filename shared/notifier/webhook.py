"""The address of a Discord webhook, which is a secret: whoever knows it can write into the channel."""

from __future__ import annotations

import logging

from shared.discord_address import DISCORD_WEBHOOK
from shared.errors import PermanentError

MAKE_ONE = "In Discord: channel settings, Integrations, Webhooks, Copy Webhook URL; then store that as the secret."


class Webhook:
    """A webhook's address; printing it shows which one it is, never its token.

    Args:
        address: as Discord shows it, with or without the number of a thread.

    Raises:
        PermanentError: it is no webhook's address. The message does not repeat it.
    """

    def __init__(self, address: str) -> None:
        found = DISCORD_WEBHOOK.fullmatch(address.strip())
        if found is None:
            raise PermanentError("the Discord webhook is not the address of a webhook", advice=MAKE_ONE)
        self.id = found["id"]
        self._token = found["token"]
        thread = f"&thread_id={found['thread']}" if found["thread"] else ""
        # With wait=true Discord answers once the message is stored, and says its number.
        self._execute = f"{found['base']}/api/webhooks/{self.id}/{self._token}?wait=true{thread}"

    def reveal(self) -> str:
        """The address to call."""
        return self._execute

    def keep_out_of(self, logger: logging.Logger) -> None:
        """Has a library's logger drop the lines that hold the token."""
        logger.addFilter(lambda record: self._token not in record.getMessage())

    def __repr__(self) -> str:
        return f"Webhook({self.id}, …)"
