"""Reading the body of one answer: its bytes in blocks worth writing, for as long as `slow_origin.py` lets them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable

from vodpull.errors import FetchError
from vodpull.fetch.transfer.answers.answer import Answer
from vodpull.fetch.transfer.answers.slow_origin import Pace
from vodpull.fetch.transfer.limits import FetchLimits
from vodpull.fetch.transfer.network_errors import network_errors

# Bytes a write: large enough that a thread hand-over costs nothing, small enough to keep many transfers in memory.
_BLOCK_BYTES = 1 << 20
# Pieces a write: the system takes 1024 at once.
_BLOCK_CHUNKS = 1000
# Seconds after which a slow origin's bytes are written although they make no block: what a crash costs at most.
_BLOCK_S = 1.0


async def read_blocks(
    response: Answer, limits: FetchLimits, on_bytes: Callable[[int], None]
) -> AsyncGenerator[list[bytes], None]:
    """
    Give the body in blocks, each a list of chunks as they came; `on_bytes` is told of each chunk at once.

    What came before an error is given, too, and then the error is raised.

    Raises:
        FetchError: the connection broke, stalled or was too slow.
    """
    pace = Pace(limits)
    block: list[bytes] = []
    size_bytes, started_s = 0, time.monotonic()
    try:
        while chunk := await _next_chunk(response, pace, limits):
            block.append(chunk)
            size_bytes += len(chunk)
            on_bytes(len(chunk))
            if limits.on_received is not None:
                limits.on_received(len(chunk))
            if limits.throttle is not None:
                await limits.throttle.spend(len(chunk))
            is_late = time.monotonic() - started_s >= _BLOCK_S
            if size_bytes >= _BLOCK_BYTES or len(block) >= _BLOCK_CHUNKS or is_late:
                yield block
                block, size_bytes, started_s = [], 0, time.monotonic()
    except FetchError:
        if block:
            yield block
        raise
    if block:
        yield block


async def _next_chunk(response: Answer, pace: Pace, limits: FetchLimits) -> bytes:
    started_s = time.monotonic()
    with network_errors(response.url.host or ""):
        async with asyncio.timeout(limits.stall_timeout_s):
            chunk = await response.content.readany()
    if chunk:  # the end may come late
        pace.add(len(chunk), waited_s=time.monotonic() - started_s)
    return chunk
