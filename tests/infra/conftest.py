"""One life on the engine, for all tests that ask about it, in whichever process they run."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest
from support_life import Record
from support_pulumi_cli import pulumi_cli

TESTS = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def life(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Record:
    """What became of stacks on the engine; the first test process that asks has them live."""
    pulumi_cli()
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "engine-life"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "record.json").exists():
            ran = subprocess.run(
                [sys.executable, TESTS / "support_life.py", folder], capture_output=True, text=True, check=False
            )
            assert ran.returncode == 0, ran.stderr[-6000:]
    return Record(**json.loads((folder / "record.json").read_text("utf-8")))
