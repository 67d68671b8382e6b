"""Calls on threads keep their order, and a cancelled caller leaves nothing that races it."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from vodpull.fetch.partfile.threads import SerialWorker, in_thread, in_thread_or_leave, landed


async def test_calls_are_made_one_after_the_other_in_order() -> None:
    worker, seen = SerialWorker(), list[int]()
    for number in range(1000):
        worker.submit(partial(seen.append, number))
    await worker.settle()
    assert seen == list(range(1000))


async def test_a_failed_call_tells_its_caller_and_stops_nobody() -> None:
    worker = SerialWorker()
    failed, fine = worker.submit(partial(int, "x")), worker.submit(partial(int, "1"))  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        await landed(failed)
    await landed(fine)


async def test_a_caller_may_leave_a_long_call() -> None:
    go_on = threading.Event()
    caller = asyncio.create_task(in_thread_or_leave(go_on.wait, 10))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()


async def test_a_cancelled_caller_waits_for_its_thread() -> None:
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        go_on.wait(10)
        ended.set()

    caller = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(started.wait, 10)
    caller.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended.is_set()
