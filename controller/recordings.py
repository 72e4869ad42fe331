"""Whether a file on this machine can become an episode at all, before anything is asked or sent."""

from __future__ import annotations

from pathlib import Path

from controller.events import why_no_episode
from shared.errors import PermanentError


def check_recording(file: Path) -> None:
    """Raises PermanentError where there is no such file, or it is no recording by its name."""
    if not file.is_file():
        raise PermanentError("there is no such file", advice="Give the path of a recording.")
    if reason := why_no_episode(file.name):
        raise PermanentError(reason, advice="Give a recording: mp3, m4a, wav, flac, ogg, opus or mp4.")
