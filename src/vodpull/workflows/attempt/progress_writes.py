"""Writes progress to the database: often enough to watch, seldom enough to cost nothing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.jobs.store.job_refs import Progress

INTERVAL_S = 0.5
"""Between two writes of one job: a person sees it move, and the database does not notice."""


class ProgressReporter:
    """Keeps the newest progress of one job and writes it in the background, never two writes at once."""

    def __init__(self, write: Callable[[Progress], None]) -> None:
        self._write = write
        self._written_s = 0.0
        self._running: asyncio.Task[None] | None = None

    def report(self, progress: Progress) -> None:
        """Note how far the job is; callable from the event loop only, returns at once."""
        busy = self._running is not None and not self._running.done()
        if busy or time.monotonic() - self._written_s < INTERVAL_S:
            return
        self._written_s = time.monotonic()
        self._running = asyncio.create_task(self._put(progress))

    @contextlib.asynccontextmanager
    async def following(self, look: Callable[[], Progress]) -> AsyncIterator[None]:
        """Write what `look` tells, now and again while the block runs, and nothing after it."""

        async def follow() -> None:
            while True:
                await asyncio.sleep(INTERVAL_S)
                self.report(look())

        following = asyncio.create_task(follow())
        try:
            yield
        finally:
            following.cancel()
            await self.settle()

    async def write(self, progress: Progress) -> None:
        """Write how far the job is, whatever was written just before; nothing may be under way."""
        await asyncio.to_thread(self._write, progress)

    async def settle(self) -> None:
        """Wait for a write under way, so that none comes after what follows."""
        if self._running is not None:
            await self._running
            self._running = None

    async def _put(self, progress: Progress) -> None:
        with contextlib.suppress(sa.exc.SQLAlchemyError):  # what is worth writing again in half a second
            await asyncio.to_thread(self._write, progress)


@dataclass(kw_only=True)
class ReceivedCounter:
    """Counts what comes over the network for a job, what came before included."""

    total_bytes: int

    def add(self, size_bytes: int) -> None:
        """Count some more."""
        self.total_bytes += size_bytes


def fetch_progress(done: int, total: int | None) -> Progress:
    """Return how far a transfer is; `total` is None while nobody knows it."""
    return Progress(percent=100 * done / total if total else 0.0, bytes_done=done, bytes_total=total)
