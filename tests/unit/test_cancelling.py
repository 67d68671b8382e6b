from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from vodpull.cancelling import to_its_end
from vodpull.fetch.partfile.threads import in_thread


async def on_the_loop(may_end: threading.Event) -> None:
    while not may_end.is_set():
        await asyncio.sleep(0)


async def failing(may_end: threading.Event) -> None:
    await on_the_loop(may_end)
    raise OSError("nobody hears it")


WORKS: dict[str, Callable[[threading.Event], Awaitable[object]]] = {
    "on the loop": lambda may_end: to_its_end(on_the_loop(may_end)),
    "failing": lambda may_end: to_its_end(failing(may_end)),
    "on a thread": lambda may_end: in_thread(may_end.wait, 60),
}


@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS)
async def test_it_has_ended_before_a_cancel_goes_on_however_often_that_comes(
    work: Callable[[threading.Event], Awaitable[object]],
) -> None:
    may_end = threading.Event()
    caller = asyncio.ensure_future(work(may_end))
    try:
        for _ in range(4):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            caller.cancel()
            assert not caller.done()
    finally:
        may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_otherwise_it_gives_what_the_work_gives() -> None:
    assert await to_its_end(asyncio.sleep(0, "this")) == "this"
    may_end = threading.Event()
    may_end.set()
    with pytest.raises(OSError, match="nobody hears it"):
        await to_its_end(failing(may_end))
