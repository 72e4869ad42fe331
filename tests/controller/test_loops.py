"""What runs in the background cannot die unnoticed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support_published import free_port

from controller.loops import in_background


def test_a_loop_that_breaks_ends_the_program_and_says_why() -> None:
    broken = threading.Event()

    def breaks(_stop: threading.Event) -> None:
        raise LookupError("a defect")

    with (
        pytest.raises(LookupError, match="a defect"),
        in_background("loop", breaks, crashed=broken.set),
    ):
        assert broken.wait(30)


def test_a_loop_is_stopped_at_the_end_of_its_block() -> None:
    ended = threading.Event()

    def runs(stop: threading.Event) -> None:
        stop.wait()
        ended.set()

    with in_background("loop", runs):
        assert not ended.is_set()
    assert ended.is_set()


def test_a_controller_whose_sweep_breaks_stops_with_a_traceback_instead_of_serving_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    environment = {**os.environ, "PODCAST_DATA": str(data), "PODCAST_PORT": str(free_port())}
    breaks = (
        "from controller.orchestrator import Orchestrator\n"
        "def broken(self): raise LookupError('a defect in the sweep')\n"
        "Orchestrator.sweep = broken\n"
        "from controller.cli import main\n"
        "import sys; sys.argv = ['podcast', 'serve']; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", breaks], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode not in (0, -signal.SIGINT)
    assert "a defect in the sweep" in ended.stderr
