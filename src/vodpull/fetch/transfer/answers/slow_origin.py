"""
When an origin counts as too slow for one file; for all parts of a playlist together: `hls/slow_playlist.py`.

The slowest rate is in `transfer/limits.py`, and the setting `VODPULL_MIN_SOURCE_BYTES_PER_S`.
"""

from __future__ import annotations

from vodpull.errors import OriginTooSlow
from vodpull.fetch.transfer.limits import FetchLimits


class Pace:
    """Ends a body that drips: counts only time spent waiting for the origin, so that a slow disk is not its fault."""

    def __init__(self, limits: FetchLimits) -> None:
        self._window_s = limits.min_rate_window_s
        self._min_bytes = limits.min_rate_bytes_per_s * limits.min_rate_window_s
        self._waited_s = 0.0
        self._received = 0

    def add(self, size_bytes: int, *, waited_s: float) -> None:
        """
        Count one chunk and the wait for it.

        Raises:
            OriginTooSlow: a window ended with too few bytes in it.
        """
        self._waited_s += waited_s
        self._received += size_bytes
        if self._waited_s < self._window_s:
            return
        if self._received < self._min_bytes:
            raise OriginTooSlow(f"the origin sent {self._received} bytes in {self._waited_s:.0f} s")
        self._waited_s, self._received = 0.0, 0
