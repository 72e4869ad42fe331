"""`make bench`: runs every bench beside this file in a process of its own; `make bench ARGS="feed imports"` a few."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(wanted: list[str]) -> int:
    """Runs the benches named, or all of them; the number of benches that failed."""
    known = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        print(f"there is no bench {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    failed = 0
    for name in wanted or known:
        print(f"\n== {name}", flush=True)
        failed += bool(subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
