"""A step that lives until it is told to go: for tests of what starts and stops steps."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    print("waiting", file=sys.stderr, flush=True)
    sys.stdin = open(sys.argv[-1].partition("=")[2])  # noqa: PTH123, SIM115 - blocks until somebody opens the pipe
