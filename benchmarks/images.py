"""Building the five images: after a one-line code change, as a share of a cold build. Needs root where no daemon runs.

A change of code that made any layer of dependencies anew would end the bench with an error.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
TESTS = REPOSITORY / "tests"
CHANGED = Path("shared", "errors.py")
"""Every image holds it, so every image must be built again."""


def main() -> int:
    """Runs `measure` in a process that has a daemon; its exit code."""
    if "IMAGE_BASE" in os.environ:
        measure()
        return 0
    command = [str(TESTS / "sandbox" / "with_docker"), sys.executable, "-m", "benchmarks.images"]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": str(TESTS)}, cwd=REPOSITORY, check=False).returncode


def measure() -> None:
    """Prints the two times and their ratio."""
    from support_docker import DEPLOYABLES, Docker  # noqa: PLC0415 - on the path only where `main` has put it

    docker = Docker()
    with tempfile.TemporaryDirectory() as folder:
        context = docker.context(Path(folder, "context"))
        start = time.perf_counter()
        for deployable in DEPLOYABLES:
            docker.build(deployable, context, "--no-cache")
        cold = time.perf_counter() - start

        with (context / CHANGED).open("a") as code:
            code.write("\n# one more line\n")
        start = time.perf_counter()
        steps = [step for deployable in DEPLOYABLES for step in docker.build(deployable, context)]
        changed = time.perf_counter() - start

    again = [step.name for step in steps if step.installs and not step.cached]
    if again:
        raise SystemExit(f"a changed line of code installed dependencies again: {', '.join(again)}")
    print(
        f"five images: {changed / cold:.2f} of a cold build after a one-line change ({changed:.1f} s of {cold:.1f} s)"
    )


if __name__ == "__main__":
    sys.exit(main())
