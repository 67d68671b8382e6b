"""Which bytes of a file are here, as half-open spans."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

Span = tuple[int, int]
"""First byte, and the byte after the last one."""


class ByteRanges:
    """A set of byte positions, kept as few sorted spans that neither touch nor overlap. Pure."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in spans:
            self.add(start, stop)

    @property
    def size_bytes(self) -> int:
        """Return how many bytes are here."""
        return sum(self._stops) - sum(self._starts)

    def add(self, start: int, stop: int) -> None:
        """Add the bytes from `start` to before `stop`; those that are here already do not matter."""
        if start >= stop:
            return
        first = bisect_left(self._stops, start)
        last = bisect_right(self._starts, stop)
        if first < last:
            start = min(start, self._starts[first])
            stop = max(stop, self._stops[last - 1])
        self._starts[first:last] = [start]
        self._stops[first:last] = [stop]

    def stop_of(self, position: int) -> int:
        """Return the first missing position at or after `position`."""
        index = bisect_right(self._starts, position) - 1
        return max(position, self._stops[index]) if index >= 0 else position

    def missing(self, size_bytes: int) -> list[Span]:
        """Return the gaps of a file of that size, in order."""
        edges = [0, *(edge for span in self.pairs() for edge in span), size_bytes]
        gaps = zip(edges[::2], edges[1::2], strict=True)
        return [(start, min(stop, size_bytes)) for start, stop in gaps if start < min(stop, size_bytes)]

    def pairs(self) -> list[Span]:
        """Return the spans, in order."""
        return list(zip(self._starts, self._stops, strict=True))
