"""Room in the store that is promised to bodies on their way, so that all of them fit: what does not is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vodpull.errors import StorageFull
from vodpull.uploads.blocks.vendor_hash import SPAN_BYTES


class RoomPromises:
    """The promises of one process."""

    def __init__(self, room_bytes: Callable[[], int | None]) -> None:
        """`room_bytes`: what the store can take now; None: nobody knows."""
        self._room_bytes = room_bytes
        self._promised_bytes = 0

    @contextmanager
    def promised(self, size_bytes: int | None) -> Iterator[None]:
        """
        Promise room for a body until the block ends; for one of unknown size a span at a time.

        Raises:
            StorageFull: there is none now.
        """
        needed, room = SPAN_BYTES if size_bytes is None else size_bytes, self._room_bytes()
        if room is not None and self._promised_bytes + needed > room:
            raise StorageFull("there is no room for this upload now")
        self._promised_bytes += needed
        try:
            yield
        finally:
            self._promised_bytes -= needed
