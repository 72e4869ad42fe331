"""Import time of each deployable, as a share of the 0.7 s it may take, and against an empty interpreter."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

DEPLOYABLES = {
    "controller": "controller.app",
    "fetch-job": "jobs.fetch.step",
    "process-job": "jobs.process.step",
    "upload-job": "jobs.upload.step",
    "notify-job": "jobs.notify.step",
    "the contract": "shared.contract",
}
LIMIT = 0.7
ROUNDS = 5


def seconds(code: str) -> float:
    """Median wall time of an interpreter that runs `code` and leaves."""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    """Prints one line a deployable."""
    empty = seconds("pass")
    for name, module in DEPLOYABLES.items():
        extra = seconds(f"import {module}") - empty
        share = f"{extra / LIMIT:.2f} of the {LIMIT} s limit"
        print(f"{name:14} {extra:.2f} s = {share}, {extra / empty:.1f} × an empty start")


if __name__ == "__main__":
    main()
