"""A view of a file that is still arriving, for work that can begin before it is complete."""

from __future__ import annotations

from pathlib import Path

from vodpull.fetch.partfile.byte_ranges import Span
from vodpull.fetch.partfile.partfile import PartFile


class PartView:
    """What of one file is here. May be asked at any time from any thread, also when the transfer has ended."""

    def __init__(self, part: PartFile) -> None:
        self._part = part

    @property
    def path(self) -> Path:
        """Return the file: the part file, and from the moment of its renaming the target. Gaps read as zeros."""
        return self._part.path

    @property
    def size_bytes(self) -> int | None:
        """Return the size of the whole file, as its origin announced it; None: not known, or not yet."""
        return self._part.announced_bytes

    @property
    def generation(self) -> int:
        """
        Return a number that changes when what was here has been thrown away and the file began anew.

        What was read between two equal answers is of one version of the file; it is proven only when the transfer has
        ended well.
        """
        return self._part.here()[0]

    def spans(self) -> tuple[Span, ...]:
        """Return which bytes can be read, as half-open spans in order."""
        return self._part.here()[1]
