"""URL to one whole local file, tried again while there is hope."""

from __future__ import annotations

from pathlib import Path

from stamina import retry_context

from vodpull.errors import FetchError
from vodpull.fetch.source import AddressGuard
from vodpull.fetch.transfer import Downloaded, FetchLimits, OnProgress, Order, Sessions, Transfer


async def download(
    url: str,
    target: Path,
    *,
    guard: AddressGuard,
    limits: FetchLimits,
    on_progress: OnProgress,
    expected_md5: str = "",
) -> Downloaded:
    """
    Bring the body at `url` to `target`, whose folder exists, and tell what arrived.

    `target` appears only when it is complete, on disk, and its md5 is the expected one (32 lower-case hex digits, see
    `parse_md5`); an older file of that name is replaced. After an error or a cancellation nothing is left behind, so
    it may run again at any time. Each try starts at the first byte.

    Raises:
        FetchError: the source's error, after `limits.attempts` tries if it may pass.
        StorageFull, StorageUnavailable: the folder cannot take it; not tried again here.
    """
    order = Order(url=guard.check_url(url), target=target, expected_md5=expected_md5)
    async with Sessions(guard, limits) as sessions:
        return await bring(order, sessions=sessions, limits=limits, on_progress=on_progress)


async def bring(order: Order, *, sessions: Sessions, limits: FetchLimits, on_progress: OnProgress) -> Downloaded:
    """Carry out one order under the one retry policy of this package; raises as `download` does."""
    transfer = Transfer(order, sessions=sessions, limits=limits)

    def pause(error: Exception) -> bool | float:
        if not (isinstance(error, FetchError) and error.retryable):
            return False
        return True if transfer.retry_after_s is None else min(transfer.retry_after_s, limits.retry_after_max_s)

    async for attempt in retry_context(
        on=pause,
        attempts=limits.attempts,
        timeout=None,  # the number of tries and the limits of each bound it
        wait_initial=limits.retry_initial_s,
        wait_max=limits.retry_max_s,
        wait_jitter=limits.retry_initial_s,
    ):
        with attempt:
            return await transfer.attempt(on_progress)
    raise AssertionError("unreachable")  # pragma: no cover - the last try returns or raises
