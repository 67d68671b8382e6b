"""How many connections one file gets, up to `max_connections` of `limits.py`: judged by the speed of those tried."""

from __future__ import annotations

# Seconds a measurement: long enough to smooth single bursts, short enough that growing costs little of a file.
_WINDOW_S = 0.15
# A connection that gives this much is not being held back; more of them would only crowd others out.
_FAST_BYTES_PER_S = 48 << 20
# Growth from one window to the next below which a rate counts as settled: above it, TCP is still speeding up.
_SETTLED = 1.15
# What twice the connections must give at least to be kept. Evenly throttled ones give 2, a shared bottleneck gives 1.
_WORTH = 1.4
# Windows that new connections get to show what they are worth: connecting and slow start take a few round trips.
_PATIENCE_WINDOWS = 5


class ConnectionCount:
    """
    Says how many connections to use; starts at one and doubles while that pays.

    Fed with bytes as they arrive; pure but for the times it is given.
    """

    def __init__(self, most: int) -> None:
        self.wanted = 1
        """Connections to use now."""
        self.rate_bytes_per_s = 0.0
        """Of all connections together, as measured last."""
        self._most = most
        self._is_decided = most <= 1
        self._window_start_s: float | None = None
        self._received = 0
        self._base = 0.0
        self._windows = 0

    def add(self, size_bytes: int, *, now_s: float) -> None:
        """Count bytes that arrived at a time of the monotonic clock."""
        if self._window_start_s is None:
            self._window_start_s = now_s
            return
        self._received += size_bytes
        elapsed_s = now_s - self._window_start_s
        if elapsed_s < _WINDOW_S:
            return
        before, self.rate_bytes_per_s = self.rate_bytes_per_s, self._received / elapsed_s
        self._window_start_s, self._received = now_s, 0
        self._windows += 1
        if not self._is_decided:
            self._judge(before)

    def shrink(self, to: int) -> None:
        """Use no more than that from now on: the origin, or the limits of its host, did not take another one."""
        self._most = max(1, min(self._most, to))
        self.wanted = min(self.wanted, self._most)
        self._is_decided = True

    def _judge(self, before: float) -> None:
        rate = self.rate_bytes_per_s
        if self.wanted == 1:
            if rate >= _FAST_BYTES_PER_S:
                self._is_decided = True
            elif self._windows > 1 and rate <= before * _SETTLED:
                self._widen(rate)
        elif rate >= self._base * _WORTH:
            self._widen(rate)
        elif self._windows >= _PATIENCE_WINDOWS:
            self.wanted //= 2
            self._is_decided = True

    def _widen(self, rate: float) -> None:
        if self.wanted >= self._most:
            self._is_decided = True
            return
        self.wanted, self._base, self._windows = min(2 * self.wanted, self._most), rate, 0
