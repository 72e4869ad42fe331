"""A preview of the whole program against a preview of an empty one, on the same engine with the same stand-ins."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The engine and its stand-ins are support of the tests.
sys.path.insert(0, str(ROOT / "tests"))

from support_engine import Engine, Stack  # noqa: E402 - found only now
from support_settings import dev_settings  # noqa: E402 - likewise

from infra.program import main as whole_program  # noqa: E402 - after what puts the tests within reach

ROUNDS = 3


def seconds(preview: Callable[[], dict[str, str]]) -> float:
    """Median wall time of a preview, after one that is not counted."""
    preview()
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        preview()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def nothing() -> None:
    """A program that declares nothing."""


def main() -> None:
    """Prints the two and their ratio."""
    os.environ["CLOUDFLARE_API_TOKEN"] = "for the bench"  # noqa: S105 - the stand-in asks for one, whichever
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        (engine.root / "Dockerfile").write_bytes((ROOT / "Dockerfile").read_bytes())
        os.chdir(engine.program_folder)
        try:
            whole: Stack = engine.stack("dev", lambda: whole_program(engine.root), dev_settings())
            resources = len(whole.preview())
            of_whole = seconds(whole.preview)
            of_nothing = seconds(engine.stack("empty", nothing, {}).preview)
        finally:
            engine.close()
            os.chdir(ROOT)
    print(f"preview of {resources} resources {of_whole:.1f} s = {of_whole / of_nothing:.1f} × an empty program")


if __name__ == "__main__":
    main()
