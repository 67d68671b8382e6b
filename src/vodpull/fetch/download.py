"""URL to one whole local file, tried again while there is hope, each time from the bytes that are here."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from pathlib import Path

from vodpull.errors import FetchError, StorageError
from vodpull.fetch.gate import HostGate
from vodpull.fetch.order import Downloaded, FetchLimits, OnProgress, Order
from vodpull.fetch.partfile import PartFile
from vodpull.fetch.request import Sessions
from vodpull.fetch.source import AddressGuard
from vodpull.fetch.transfer import Transfer

# What a try must add to what was here before to count as a success of sorts: an origin that breaks after each gigabyte
# is worth more tries than one that breaks after each byte.
_WORTHWHILE_BYTES = 1 << 20


async def download(  # noqa: PLR0913 - the gate is optional, everything else is needed
    url: str,
    target: Path,
    *,
    guard: AddressGuard,
    limits: FetchLimits,
    on_progress: OnProgress,
    expected_md5: str = "",
    gate: HostGate | None = None,
) -> Downloaded:
    """
    Bring the body at `url` to `target`, whose folder exists, and tell what arrived.

    `target` appears only when it is complete, on disk, and its md5 is the expected one (32 lower-case hex digits, see
    `parse_md5`); an older file of that name is replaced. Until then `<target>.part` and `<target>.journal` hold what
    has arrived. They are removed after a cancellation and after an error that is final; they stay when the process
    is killed and after an error that may pass, and the next call with the same URL and target goes on from there if
    the origin still has the same file. `gate` is shared by all downloads of a process.

    Raises:
        FetchError: the source's error, after `limits.attempts` tries in vain if it may pass.
        StorageFull, StorageUnavailable: the folder cannot take it; not tried again here.
    """
    order = Order(url=guard.check_url(url), target=target, expected_md5=expected_md5, is_kept=True)
    async with Sessions(guard, limits, gate) as sessions:
        return await bring(order, sessions=sessions, limits=limits, on_progress=on_progress)


async def bring(order: Order, *, sessions: Sessions, limits: FetchLimits, on_progress: OnProgress) -> Downloaded:
    """Carry out one order under the one retry policy of this package; raises as `download` does."""
    async with PartFile(order.target) as part:
        transfer = Transfer(order, part, sessions=sessions, limits=limits, on_progress=on_progress)
        tries = _Tries(limits, part.held_bytes)
        while True:
            try:
                return await transfer.attempt()
            except FetchError as error:
                await part.settle()
                pause_s = tries.pause_after(error, held_bytes=part.held_bytes, asked_s=transfer.retry_after_s)
                if pause_s is None:
                    if order.is_kept and error.retryable:
                        with suppress(StorageError):
                            await part.keep()
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
        jitter_s = random.uniform(0, self._limits.retry_initial_s)  # noqa: S311 - spreads load, guards nothing
        if asked_s is not None:
            return min(asked_s, self._limits.retry_after_max_s) + jitter_s
        doubled_s = self._limits.retry_initial_s * float(2 ** min(self._in_vain - 1, 30))
        return min(self._limits.retry_max_s, doubled_s + jitter_s)
