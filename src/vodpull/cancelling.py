"""What a cancel must not cut short."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def to_its_end(work: Awaitable[T]) -> T:
    """
    Return what the work gives; a caller that is cancelled, however often, still waits for its end.

    Then the cancel goes on, and what the work gave or raised is dropped.
    """
    running = asyncio.ensure_future(work)
    cancel: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError as error:
            cancel = error
    if cancel is None:
        return running.result()
    if not running.cancelled():
        running.exception()  # looked at, so that asyncio does not complain that nobody did
    raise cancel
