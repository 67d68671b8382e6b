"""
How often a transfer is tried, and how long it pauses between two tries; the figures are in `limits.py`.

Which failures may be tried again at all, `errors/fetch.py` says of each.

When none of them came through, `jobs/source_retries.py` says when the source is asked again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress

from vodpull.errors import FetchError, StorageError
from vodpull.fetch.partfile.partfile import PartFile
from vodpull.fetch.partfile.partial_view import PartView
from vodpull.fetch.transfer.guarded_requests import ClientSessions
from vodpull.fetch.transfer.limits import Downloaded, FetchLimits, OnProgress, Order
from vodpull.fetch.transfer.resuming import Transfer

# What a try must add to what was here before to count as a success of sorts: an origin that breaks after each gigabyte
# is worth more tries than one that breaks after each byte.
_WORTHWHILE_BYTES = 1 << 20

OnPart = Callable[[PartView], None]
"""Told once of the file that the bytes go into."""


async def bring(
    order: Order,
    *,
    sessions: ClientSessions,
    limits: FetchLimits,
    on_progress: OnProgress,
    on_part: OnPart | None = None,
) -> Downloaded:
    """Carry out one order under the one retry policy of this package; raises as `download` does."""
    async with PartFile(order.target, is_piece=order.is_piece) as part:
        if on_part is not None:
            on_part(PartView(part))
        transfer = Transfer(order, part, sessions=sessions, limits=limits, on_progress=on_progress)
        try:
            return await _persist(transfer, part, limits)
        except (FetchError, asyncio.CancelledError) as error:
            is_final = isinstance(error, FetchError) and not error.retryable
            if order.is_kept and not is_final:
                with suppress(StorageError):
                    await part.keep()
            raise


async def _persist(transfer: Transfer, part: PartFile, limits: FetchLimits) -> Downloaded:
    """Try while there is hope."""
    tries = _Tries(limits, part.held_bytes)
    while True:
        try:
            return await transfer.attempt()
        except FetchError as error:
            await part.settle()
            pause_s = tries.pause_after(error, held_bytes=part.held_bytes, asked_s=transfer.retry_after_s)
            if pause_s is None:
                error.retry_after_s = transfer.retry_after_s
                raise
        await asyncio.sleep(pause_s)


class _Tries:
    """Counts tries in vain and says how long to wait before the next one."""

    def __init__(self, limits: FetchLimits, held_bytes: int) -> None:
        self._limits = limits
        self._in_vain = 0
        self._best_bytes = held_bytes

    def pause_after(self, error: FetchError, *, held_bytes: int, asked_s: float | None) -> float | None:
        """Return the seconds to wait, None if the error is final or there have been enough tries."""
        if held_bytes >= self._best_bytes + _WORTHWHILE_BYTES:
            self._best_bytes, self._in_vain = held_bytes, 0
        self._in_vain += 1
        if not error.retryable or self._in_vain >= self._limits.attempts:
            return None
        if asked_s is not None and asked_s > self._limits.retry_after_max_s:
            return None
        jitter_s = random.uniform(0, self._limits.retry_initial_s)  # noqa: S311 - spreads load, guards nothing
        if asked_s is not None:
            return asked_s + jitter_s
        doubled_s = self._limits.retry_initial_s * float(2 ** min(self._in_vain - 1, 30))
        return min(self._limits.retry_max_s, doubled_s + jitter_s)
