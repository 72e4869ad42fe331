"""Memory and CPU as Cloud Run writes them, and how much more of one goes with how much of the other."""

from __future__ import annotations

import re
from typing import Final

from controller.stack.doctor.asking import Unanswered

MEMORY_BY_CPU: Final = {1: 4096, 2: 8192, 4: 16384, 6: 24576, 8: 32768}
"""MiB that a number of CPUs may have at most: https://cloud.google.com/run/docs/configuring/jobs/memory-limits."""
_QUANTITY: Final = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]*)")
_MEBIBYTES: Final = {
    "": 2**-20,
    "Ki": 2**-10,
    "Mi": 1.0,
    "Gi": 2**10,
    "k": 1e3 / 2**20,
    "M": 1e6 / 2**20,
    "G": 1e9 / 2**20,
}
"""https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/."""


def more_memory(memory: str, cpu: str) -> tuple[str, str]:
    """Twice the memory, and the CPU that must go with it; the same memory where there is no more."""
    doubled = min(2 * mebibytes(memory), max(MEMORY_BY_CPU.values()))
    fitting = next(count for count, most in MEMORY_BY_CPU.items() if most >= doubled)
    return (f"{doubled // 1024}Gi" if doubled % 1024 == 0 else f"{doubled}Mi"), str(max(fitting, cpus(cpu)))


def mebibytes(memory: str) -> int:
    """A size of memory as a number. Raises Unanswered for one that nobody here understands."""
    found = _QUANTITY.fullmatch(memory)
    if found is None or found[2] not in _MEBIBYTES:
        raise Unanswered(f"Cloud Run tells a size of memory that nobody here understands: {memory!r}")
    return round(float(found[1]) * _MEBIBYTES[found[2]])


def cpus(cpu: str) -> int:
    """`2` and `2000m` as a number."""
    return max(1, int(cpu[:-1]) // 1000) if cpu.endswith("m") else int(float(cpu))
