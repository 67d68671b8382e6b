"""
How much time, memory, disk and processor a child process may use; which files, says `sandbox.py`.

What one kind of child may use stands as `LIMITS` beside who starts it, for example in `inspect/ask_probe.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RunLimits:
    """What one child process may use."""

    wall_s: float
    """Ended after this many seconds, whatever it does."""
    stall_s: float = 120.0
    """Ended when its progress report does not change for this many seconds."""
    # Frame-threaded 4K decoding beside four encoders was seen to reserve about half of it.
    address_space_bytes: int = 12 * 1024**3
    """Virtual memory."""
    cpu_s: float | None = None
    """Processor time, all threads together."""
    file_size_bytes: int | None = None
    """Largest file it may write."""
    nice: int = 15
    """
    Added to the scheduling priority: with it the API gets 28 of 29 parts of a busy processor while encodes run.

    Not more, so that beside a program that takes all processors a picture still comes within `stall_s`.
    """


def copy_limits(size_bytes: int) -> RunLimits:
    """Return limits for copying so many bytes from one container to another."""
    # 2 MB/s is a slow network disk.
    return RunLimits(wall_s=300 + size_bytes / 2e6, file_size_bytes=2 * size_bytes + 64 * 1024 * 1024)
