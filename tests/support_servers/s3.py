"""moto's S3, which R2 speaks too; what R2 refuses and moto accepts is in r2.py."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support_servers.processes import free_port, running


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """The address of an S3 without users; `folder` gets its log."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, port, folder / "moto.log") as address:
        yield address
