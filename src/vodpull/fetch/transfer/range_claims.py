"""Which bytes of a file are still to be asked for, and who brings them; by how many: `connection_count.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vodpull.fetch.partfile.byte_ranges import ByteRanges, Span

# A piece smaller than this costs more in asking than it gives in sharing.
MIN_PIECE_BYTES = 1 << 19
# A piece larger than this keeps the digests waiting for what another connection has not brought yet.
_MAX_PIECE_BYTES = 64 << 20
# Seconds that a piece should take its connection: one round trip for asking is little in it.
_PIECE_S = 2.5


@dataclass(kw_only=True)
class RangeClaim:
    """What one connection brings: from `position`, which moves, to before `stop`, which may be drawn nearer."""

    position: int
    stop: int
    is_open: bool = False
    """Whether the body may end before `stop`: how long it is, nobody said."""

    @property
    def span(self) -> Span:
        """Return what is left to bring."""
        return self.position, self.stop

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to bring."""
        return self.position >= self.stop


class Plan:
    """The gaps of one file that nobody brings yet, in order, so that the file grows from its start."""

    def __init__(self, gaps: Iterable[Span]) -> None:
        self._free = ByteRanges(gaps).pairs()

    @property
    def free_bytes(self) -> int:
        """Return how many bytes nobody brings yet."""
        return sum(stop - start for start, stop in self._free)

    def clear(self) -> None:
        """Forget the gaps: the whole file comes from one answer."""
        self._free = []

    def take(self, size_bytes: int | None = None) -> RangeClaim | None:
        """Return the first gap, or as much of it as `size_bytes`; None if there is none."""
        if not self._free:
            return None
        start, stop = self._free.pop(0)
        if size_bytes is not None and start + size_bytes < stop:
            self._free.insert(0, (start + size_bytes, stop))
            stop = start + size_bytes
        return RangeClaim(position=start, stop=stop)

    def take_beyond(self, start: int) -> RangeClaim | None:
        """Return the first gap, or part of one, at or after `start`; None if there is none."""
        for number, (begin, stop) in enumerate(self._free):
            if stop > start:
                self._free[number : number + 1] = [(begin, start)] if begin < start else []
                return RangeClaim(position=max(begin, start), stop=stop)
        return None

    def give_back(self, claim: RangeClaim, *, beyond: int | None = None) -> None:
        """End a claim at `beyond`, or where it is; somebody else may bring the rest."""
        end = claim.position if beyond is None else max(beyond, claim.position)
        if end < claim.stop:
            self._free = ByteRanges([*self._free, (end, claim.stop)]).pairs()
            claim.stop = end

    def piece_bytes(self, *, rate_bytes_per_s: float, width: int) -> int:
        """Return how much one of `width` connections should bring next, so that all of them end about together."""
        by_rate = min(rate_bytes_per_s / width * _PIECE_S, _MAX_PIECE_BYTES)
        return max(MIN_PIECE_BYTES, int(min(by_rate, self.free_bytes / (2 * width))))
