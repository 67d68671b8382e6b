from __future__ import annotations

import asyncio
import time

from vodpull.fetch import Throttle


async def test_all_who_share_a_throttle_keep_below_its_rate_together() -> None:
    throttle = Throttle(1_000_000)
    started_s = time.monotonic()
    await asyncio.gather(*(throttle.spend(50_000) for _ in range(4)))
    assert time.monotonic() - started_s >= 0.2
