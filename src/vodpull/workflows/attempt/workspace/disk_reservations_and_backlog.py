"""
Whether there is room for more: disk that is promised before it is used, and a limit to what waits for an encoder.

Work that does not fit now waits and goes on by itself; it never fails for lack of space.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import structlog

from vodpull.errors import StorageFull

LOOK_S = 1.0
"""How often a waiting job looks for room."""

UNKNOWN_SIZE_BYTES = 256 * 1024 * 1024
"""What a source of unannounced size gets promised at a time."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """When to pause."""

    min_free_bytes: int
    """Free disk that is never promised to anybody: for the database, outputs under way and the system."""
    max_backlog: int
    """Fetched jobs that wait for an encoder; more would only fill the disk."""


class Reservation:
    """Disk promised to one job."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.size_bytes = 0

    def cover(self, done_bytes: int, announced_bytes: int | None) -> None:
        """
        Make sure that the promise covers what is announced, or the next piece where nothing is announced.

        Raises:
            StorageFull: there is no room for that now.
        """
        needed = announced_bytes if announced_bytes is not None else done_bytes + UNKNOWN_SIZE_BYTES // 4
        if needed > self.size_bytes:
            grown = needed if announced_bytes is not None else self.size_bytes + UNKNOWN_SIZE_BYTES
            self._admission.promise(grown - self.size_bytes, used_bytes=done_bytes)
            self.size_bytes = grown


class Admission:
    """What this process has promised of its work disk. Used from one event loop."""

    def __init__(
        self,
        folder: Path,
        thresholds: Thresholds,
        *,
        backlog: Callable[[], int],
        standing_aside: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    ) -> None:
        """`backlog` counts the fetched jobs of the whole installation that wait for an encoder."""
        self._standing_aside = standing_aside
        self._folder = folder
        self._thresholds = thresholds
        self._backlog = backlog
        self._promised_bytes = 0

    @asynccontextmanager
    async def admitted(self, *, encodes: bool) -> AsyncIterator[Reservation]:
        """Wait until a fetch may begin, and promise it disk until the block ends; `encodes`: it adds to the backlog."""
        waited = False
        while not await asyncio.to_thread(self._is_open, encodes=encodes):
            if not waited:
                log.info("fetch waits for room")
            waited = True
            async with self._standing_aside():
                await asyncio.sleep(LOOK_S)
        with self._reservation() as reservation:
            yield reservation

    async def wait_for_space(self) -> None:
        """Wait until the disk is above its low-water mark again."""
        while self._free_bytes() < self._thresholds.min_free_bytes:  # noqa: ASYNC110 - a disk sends no event
            await asyncio.sleep(LOOK_S)

    def promise(self, size_bytes: int, *, used_bytes: int) -> None:
        """
        Promise more disk; `used_bytes` of earlier promises are on the disk already.

        Raises:
            StorageFull: it would go below the low-water mark.
        """
        room = self._free_bytes() + used_bytes - self._promised_bytes - self._thresholds.min_free_bytes
        if size_bytes > room:
            raise StorageFull("no space is left for this source now")
        self._promised_bytes += size_bytes

    @contextmanager
    def _reservation(self) -> Iterator[Reservation]:
        reservation = Reservation(self)
        try:
            yield reservation
        finally:
            self._promised_bytes -= reservation.size_bytes

    def _is_open(self, *, encodes: bool) -> bool:
        if self._free_bytes() - self._promised_bytes < self._thresholds.min_free_bytes:
            return False
        return not encodes or self._backlog() < self._thresholds.max_backlog

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self._folder).free
