"""Finds the Pulumi CLI: on PATH, else in the cache, else built from its Go module (a few minutes, once).

python tests/support_pulumi_cli.py    prints where it is, and builds it first if need be
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "3.259.0"
"""The newest release that the Go module proxy serves."""

MODULE = "github.com/pulumi/pulumi/pkg/v3"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"


def pulumi_cli() -> Path:
    """The folder that has `bin/pulumi`.

    Raises:
        RuntimeError: there is none, and it cannot be built here; says what to install.
    """
    on_path = shutil.which("pulumi")
    if on_path:
        return Path(on_path).resolve().parent.parent
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "podcast-automator"
    root = base / f"pulumi-{VERSION}"
    binary = root / "bin" / "pulumi"
    base.mkdir(parents=True, exist_ok=True)
    with (base / "pulumi.lock").open("w") as lock:
        # Test processes start together; one builds, the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            _build(base / "build-pulumi", binary)
    return root


def _build(folder: Path, binary: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise RuntimeError(
            "neither pulumi nor go is on PATH: install Pulumi (pulumi.com/docs/install), or Go 1.24 or newer"
        )
    print(f"building Pulumi {VERSION}, once, into {binary.parent}: takes a few minutes", file=sys.stderr, flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    module = folder / "go.mod"
    module.write_text("module podcast-automator/pulumi-cli\n\ngo 1.24\n")
    built = binary.with_suffix(".new")
    program = f"{MODULE}/cmd/pulumi"
    flags = f"-s -w -X {VERSION_VARIABLE}=v{VERSION}"
    for command in (
        [go, "get", f"{program}@v{VERSION}"],
        [go, "build", "-trimpath", "-ldflags", flags, "-o", str(built), program],
    ):
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{ran.stderr[-4000:]}")
    # A build that was cut short leaves nothing that looks finished.
    built.rename(binary)


if __name__ == "__main__":
    print(pulumi_cli() / "bin" / "pulumi")
