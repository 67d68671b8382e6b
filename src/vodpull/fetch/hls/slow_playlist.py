"""
How long the parts of a playlist may take together: each may be within its limits, and 100,000 of them take weeks.

For one file: `transfer/answers/slow_origin.py`; the figures are in `transfer/limits.py`.
"""

from __future__ import annotations

from vodpull.errors import OriginTooSlow
from vodpull.fetch.transfer.limits import FetchLimits


class PlaylistPatience:
    """Counts what was brought, and gives up an origin that is too slow over all of it."""

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits
        self._children = self._bytes = 0
        self._took_s = 0.0

    def count(self, size_bytes: int, *, took_s: float, queued_s: float) -> None:
        """
        Count one child; `queued_s` is how long all of them waited for their turn, which is not the origin's fault.

        Raises:
            OriginTooSlow: they take too long together.
        """
        self._children += 1
        self._bytes += size_bytes
        self._took_s += took_s
        limits = self._limits
        due_s = self._children * limits.child_s + self._bytes / limits.min_rate_bytes_per_s
        spent_s = self._took_s - queued_s
        if spent_s > limits.min_rate_window_s + due_s:
            raise OriginTooSlow(f"{self._children} parts of {self._bytes} bytes together took {spent_s:.0f} s")
