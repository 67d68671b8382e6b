from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from vodpull.errors import MediaTruncated
from vodpull.workflows.attempt.produce import Production

KEY = ("job", "chunk")


async def test_what_several_ask_for_is_done_once() -> None:
    production, done = Production(cast("Any", None)), []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append(1)

    await asyncio.gather(*(production._once(KEY, work) for _ in range(3)))
    assert len(done) == 1


async def test_who_waits_for_work_that_fails_tries_it_himself() -> None:
    production, done = Production(cast("Any", None)), []

    async def fail() -> None:
        await asyncio.sleep(0)
        raise MediaTruncated("with less of the source")

    async def work() -> None:
        done.append(1)

    first = asyncio.ensure_future(production._once(KEY, fail))
    await asyncio.sleep(0)
    await asyncio.gather(*(production._once(KEY, work) for _ in range(3)))
    assert len(done) == 1
    with pytest.raises(MediaTruncated):
        await first
