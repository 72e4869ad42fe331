"""What the address of a Discord webhook looks like: for who stores one (infra) and who calls it (shared/notifier).

Source: https://discord.com/developers/docs/resources/webhook#execute-webhook.
"""

from __future__ import annotations

import re
from typing import Final

DISCORD_WEBHOOK: Final = re.compile(
    r"(?P<base>(?P<public>https://(?:[a-z]+\.)?discord(?:app)?\.com)|http://(?:127\.0\.0\.1|localhost):\d+)"
    r"/api(?:/v\d+)?/webhooks/(?P<id>\d+)/(?P<token>[\w-]+)(?:\?thread_id=(?P<thread>\d+))?"
)
"""As Discord shows it, with or without the number of a thread. `public` is empty for a server on this machine."""
