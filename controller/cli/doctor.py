"""`podcast doctor`: what this machine has, what it lacks, and how to get it."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

from controller.check import Check
from controller.local import HOST
from shared.config import LocalSettings
from shared.cover import NEEDED, why_refused
from shared.errors import NotFound, PodcastError

NEEDED_PACKAGES = {
    "av": "audio decoding",
    "imageio_ffmpeg": "audio encoding",
    "moonshine_voice": "speech recognition",
    "onnxruntime": "voice-activity detection",
    "silero_vad": "voice-activity detection",
    "lxml": "the feed",
    "PIL": "covers",
}

ROOM = 2 * 1024**3
"""Bytes of disk that a long episode may need for its source, its checkpoints and its MP3."""


def diagnose(settings: LocalSettings) -> list[Check]:
    """Looks at everything that publishing an episode needs."""
    return [
        _python(),
        *(_package(name, purpose) for name, purpose in NEEDED_PACKAGES.items()),
        _encoder(),
        _folder(settings.data),
        _room(settings.data),
        *_show(settings),
        _port(settings.port),
    ]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Check("Python", version)
    return Check("Python", version, fine=False, fix="Use Python 3.11, 3.12 or 3.13, then: make run")


def _package(name: str, purpose: str) -> Check:
    if find_spec(name) is not None:
        return Check(name, f"installed ({purpose})")
    return Check(name, f"missing ({purpose})", fine=False, fix="make run brings it into .venv/")


def _encoder() -> Check:
    if find_spec("imageio_ffmpeg") is None:
        return Check("ffmpeg", "missing", fine=False, fix="make run brings it into .venv/")
    from imageio_ffmpeg import get_ffmpeg_exe  # noqa: PLC0415 - may be missing, which is what is asked here

    try:
        return Check("ffmpeg", get_ffmpeg_exe())
    except RuntimeError as error:
        return Check("ffmpeg", str(error), fine=False, fix="Reinstall imageio-ffmpeg, or set IMAGEIO_FFMPEG_EXE.")


def _folder(data: Path) -> Check:
    existing = next(parent for parent in (data.absolute(), *data.absolute().parents) if parent.exists())
    if os.access(existing, os.W_OK):
        return Check("Folder", f"{data} can be written")
    return Check("Folder", f"{data} cannot be written", fine=False, fix="Set PODCAST_DATA to a folder of your own.")


def _room(data: Path) -> Check:
    existing = next(parent for parent in (data.absolute(), *data.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    found = f"{free / 1024**3:.1f} GiB free"
    return Check("Disk", found) if free >= ROOM else Check("Disk", found, fine=False, fix="Free at least 2 GiB.")


def _show(settings: LocalSettings) -> list[Check]:
    try:
        show = settings.show()
    except PodcastError as error:
        return [Check("Show", error.message, fine=False, fix=error.advice)]
    cover = [_cover(settings, show.cover)] if show.cover else []
    return [Check("Show", f"{show.title} ({show.language})"), *cover]


def _cover(settings: LocalSettings, name: str) -> Check:
    try:
        reason = why_refused(settings.show_file(name))
    except NotFound as error:
        return Check("Cover", error.message, fine=False, fix="Put it beside show.toml, or remove the setting.")
    except PodcastError as error:
        return Check("Cover", error.message, fine=False, fix=error.advice)
    return Check("Cover", f"{name} {reason}", fine=False, fix=NEEDED) if reason else Check("Cover", name)


def _port(port: int) -> Check:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        taken = probe.connect_ex((HOST, port)) == 0
    # A running controller is no fault.
    return Check("Port", f"{port} is {'in use, perhaps by a running controller' if taken else 'free'}")
