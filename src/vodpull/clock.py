"""The one door to wall-clock time, so that nothing else asks for it and tests can move it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now_s() -> float:
    """Return the current Unix time in seconds."""
    return time.time()


def now_ms() -> int:
    """Return the current Unix time in whole milliseconds."""
    return time.time_ns() // 1_000_000


def utc_month(unix_s: float) -> str:
    """Return `yyyyMM` of a Unix time, in UTC (the month folder of stored files)."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y%m")
