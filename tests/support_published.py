"""The `podcast` command as a person runs it, and a controller that serves."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import stamina

T = TypeVar("T")
PATIENCE = 120.0
"""Seconds after which something that never happens fails the test."""


class NotYet(Exception):
    """What a test waits for has not happened."""


def eventually(look: Callable[[], T | None]) -> T:
    """What `look` finds, once it finds something."""
    for attempt in stamina.retry_context(
        on=NotYet, attempts=None, timeout=PATIENCE, wait_initial=0.05, wait_max=0.2, wait_jitter=0.0
    ):
        with attempt:
            found = look()
            if not found:
                raise NotYet
    assert found
    return found


def environment(data: Path, **variables: str) -> dict[str, str]:
    return {**os.environ, "PODCAST_DATA": str(data), "COLUMNS": "200", **variables}


def podcast(data: Path, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "controller", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment(data, **variables),
        timeout=300,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Serving:
    """A running controller."""

    def __init__(self, data: Path, port: int) -> None:
        self.data = data
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return bytes(answer.read())

    def records(self) -> list[dict[str, Any]]:
        folder = self.data / "work" / "records"
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    def ended(self, count: int) -> list[dict[str, Any]]:
        """The records, once `count` jobs have ended."""

        def look() -> list[dict[str, Any]] | None:
            records = self.records()
            over = [each for each in records if each["state"] in {"completed", "failed", "superseded"}]
            return over if len(over) >= count else None

        return eventually(look)


@contextmanager
def serving(data: Path, **variables: str) -> Iterator[Serving]:
    """`podcast serve` over a folder, on a free port, until the block ends.

    The folder is named as the default is, relative to where people stand.
    """
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "controller", "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=data.parent,
        env=environment(Path(data.name), PODCAST_PORT=str(port), PODCAST_SETTLE_SECONDS="0.5", **variables),
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        else:
            raise AssertionError("the controller ended before it served")
        yield Serving(data, port)
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output
