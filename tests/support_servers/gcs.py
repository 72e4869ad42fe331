"""fake-gcs-server: from PATH, else from the user's cache, else built there with Go."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support_servers.processes import free_port, running

VERSION = "v1.56.1"
MODULE = "github.com/fsouza/fake-gcs-server"


def binary() -> Path:
    """The program; the first call on a machine builds it, which takes about two minutes."""
    if found := shutil.which("fake-gcs-server"):
        return Path(found)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "podcast-automator" / f"fake-gcs-server-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "fake-gcs-server"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several test processes one builds, the others wait
        if not program.exists():
            _build(folder)
    return program


def _build(folder: Path) -> None:
    if shutil.which("go") is None:
        raise RuntimeError(f"the tests need {MODULE} {VERSION}: install Go, or put fake-gcs-server on PATH")
    # Built beside its place and moved there whole: an interrupted build leaves no half program.
    with tempfile.TemporaryDirectory(dir=folder) as half_done:
        built = subprocess.run(
            ["go", "install", f"{MODULE}@{VERSION}"],
            env=os.environ | {"GOBIN": half_done, "CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            raise RuntimeError(f"building {MODULE} {VERSION} failed:\n{built.stderr}")
        Path(half_done, "fake-gcs-server").replace(folder / "fake-gcs-server")


@contextmanager
def gcs_server(folder: Path, *, for_go: bool = False) -> Iterator[str]:
    """The address of a GCS that keeps its objects in memory; `folder` gets its log.

    Go's client reads objects at /BUCKET/OBJECT, where the server has them only under its own name.
    """
    port = free_port()
    command = [
        str(binary()),
        *("-backend", "memory"),
        *("-scheme", "http"),
        *("-host", "127.0.0.1"),
        *("-port", str(port)),
        *("-log-level", "error"),
        *(("-public-host", f"127.0.0.1:{port}") if for_go else ()),
    ]
    with running(command, port, folder / "fake-gcs-server.log") as address:
        yield address
