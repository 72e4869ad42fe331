"""What an upload-job that was killed in the middle of its uploads left behind: nobody hears it, and it is paid for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from shared.errors import PodcastError
from shared.logger import get_logger
from shared.storage import PublicStore

FOLDERS: Final = "podcasts/"
OLD_ENOUGH: Final = timedelta(days=2)
"""Twice as long as the longest time that a stack may give a step: no upload that still runs began before that."""


def clear_unfinished(public: PublicStore, now: datetime) -> None:
    """Throws it away. That this is not possible just now keeps no episode from being published."""
    try:
        cleared = public.abort_unfinished(FOLDERS, before=now - OLD_ENOUGH)
    except PodcastError as error:
        get_logger().warning("what killed uploads left could not be cleared away", reason=error.message)
        return
    if cleared:
        get_logger().info("cleared away what killed uploads had left", uploads=cleared)
