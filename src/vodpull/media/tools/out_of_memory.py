"""Whether the machine ran out of memory: the one reason for which the kernel kills programs by itself."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

COUNTERS = Path("/proc/vmstat")


def memory_kills() -> int:
    """Return how many programs the kernel has ended since it started, as memory ran out; 0: it does not count."""
    with suppress(OSError, ValueError):
        for line in COUNTERS.read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(" ")
            if name == "oom_kill":
                return int(value)
    return 0
