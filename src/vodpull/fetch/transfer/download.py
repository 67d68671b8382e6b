"""From a URL to one complete local file: retried while that makes sense, each time from the bytes that are here."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vodpull.errors import FetchError, StorageError
from vodpull.fetch.guard.cookies import CookieJar
from vodpull.fetch.guard.guard import AddressGuard
from vodpull.fetch.partfile.digests import parse_md5
from vodpull.fetch.partfile.partfile import PartFile
from vodpull.fetch.partfile.partial_view import PartView
from vodpull.fetch.transfer.host_limits import HostLimits
from vodpull.fetch.transfer.limits import Downloaded, FetchLimits, OnProgress, Order
from vodpull.fetch.transfer.sessions import Sessions
from vodpull.fetch.transfer.stored import ReadableStores
from vodpull.fetch.transfer.transfer import Transfer

# What a try must add to what was here before to count as a success of sorts: an origin that breaks after each gigabyte
# is worth more tries than one that breaks after each byte.
_WORTHWHILE_BYTES = 1 << 20

OnPart = Callable[[PartView], None]
"""Told once of the file that the bytes go into."""


async def download(  # noqa: PLR0913 - the last five are optional, everything else is needed
    url: str,
    target: Path,
    *,
    guard: AddressGuard,
    limits: FetchLimits,
    on_progress: OnProgress,
    expected_md5: str = "",
    host_limits: HostLimits | None = None,
    on_part: OnPart | None = None,
    cookies: CookieJar | None = None,
    stores: ReadableStores | None = None,
) -> Downloaded:
    """
    Bring the body at `url` to `target`, whose folder exists, and tell what arrived.

    `target` appears only when it is complete, on disk, and its md5 is the expected one (as `parse_md5` takes it; empty:
    any); an older file of that name is replaced. Until then `<target>.part` and `<target>.journal` hold what
    has arrived. They are removed after an error that is final; they stay after a cancellation (it may be a stop of the
    service; whoever means it for good removes them), when the process is killed and after an error that may pass.
    The next call with the same URL and target goes on from there if the origin still has the same file. A second
    process with the same target waits for the first to leave. `host_limits` is shared by all downloads of a process.

    `on_part` is for whoever can begin with less than the whole; with it, the index of an MP4 file comes early, also
    when it stands at the end, where the origin gives ranges of a file that it can name. `cookies` are for whoever goes
    on asking the same origins for the same source. `stores` are those that the source may be in.

    Raises:
        FetchError: the source's error, after `limits.attempts` tries in vain if it may pass.
        StorageFull, StorageUnavailable: the folder cannot take it, or another process has the file; not tried again
            here.
    """
    async with Sessions(guard, limits, host_limits, cookies=cookies, stores=stores) as sessions:
        order = Order(
            url=sessions.parse(url),
            target=target,
            expected_md5=parse_md5(expected_md5) if expected_md5 else "",
            is_kept=True,
            index_first=on_part is not None,
        )
        return await bring(order, sessions=sessions, limits=limits, on_progress=on_progress, on_part=on_part)


async def bring(
    order: Order, *, sessions: Sessions, limits: FetchLimits, on_progress: OnProgress, on_part: OnPart | None = None
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
