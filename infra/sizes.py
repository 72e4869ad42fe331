"""How much CPU and memory Cloud Run gives together.

Source: https://cloud.google.com/run/docs/configuring/jobs/memory-limits, read in November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass

MEMORY_MIB = {1: (512, 4096), 2: (512, 8192), 4: (2048, 16384), 6: (4096, 24576), 8: (4096, 32768)}
"""Least and most memory by vCPU; 512 MiB is the least of the second-generation environment, which jobs always have."""

_UNITS = {"Mi": 1, "Gi": 1024}


@dataclass(frozen=True)
class Limits:
    """What one container may use. `cpu` in vCPU, `memory` as Kubernetes writes it."""

    cpu: str
    memory: str
    timeout_seconds: int


def check_limits(limits: Limits) -> str | None:
    """Why Cloud Run would refuse the pair of CPU and memory; None where it takes it."""
    cpus = int(limits.cpu)
    if cpus not in MEMORY_MIB:
        return f"Cloud Run has {', '.join(map(str, MEMORY_MIB))} CPU"
    least, most = MEMORY_MIB[cpus]
    size = mebibytes(limits.memory)
    if not least <= size <= most:
        return f"{cpus} CPU go with {_written(least)} to {_written(most)}"
    return None


def mebibytes(memory: str) -> int:
    """`512Mi` and `4Gi` as a number."""
    return int(memory[:-2]) * _UNITS[memory[-2:]]


def _written(size: int) -> str:
    return f"{size}Mi" if size % 1024 else f"{size // 1024}Gi"
