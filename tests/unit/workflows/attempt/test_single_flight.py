from __future__ import annotations

import asyncio
import contextlib

import pytest

from vodpull.errors import MediaTruncated
from vodpull.workflows.attempt.single_flight import SharedWork, end, run_all

KEY = ("job", "chunk")


class Work:
    """Work that goes on until it may end; keeps what became of it."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.begun = self.done = self.ended_early = 0

    async def __call__(self) -> None:
        self.begun += 1
        try:
            await self.may_end.wait()
            self.done += 1
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # it takes a moment to end a program
            self.ended_early += 1
            raise


async def ask(shared: SharedWork, work: Work) -> asyncio.Task[None]:
    asked = asyncio.create_task(shared.once(KEY, work))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return asked


async def test_what_several_ask_for_is_done_once() -> None:
    shared, work = SharedWork(), Work()
    asked = [await ask(shared, work) for _ in range(3)]
    work.may_end.set()
    await asyncio.gather(*asked)
    assert (work.begun, work.done) == (1, 1)


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_whoever_stops_waiting_ends_it_for_nobody_else(gone: int) -> None:
    shared, work = SharedWork(), Work()
    asked = [await ask(shared, work) for _ in range(3)]
    leaving = asked.pop(gone)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    work.may_end.set()
    await asyncio.gather(*asked)
    assert (work.begun, work.done, work.ended_early) == (1, 1, 0)


async def test_it_ends_with_the_last_who_waits_and_begins_anew_for_the_next() -> None:
    shared, work = SharedWork(), Work()
    asked = [await ask(shared, work) for _ in range(2)]
    for leaving in asked:
        leaving.cancel()
    late = await ask(shared, work)  # comes while it is being ended
    assert work.begun == 1
    await asyncio.gather(*asked, return_exceptions=True)
    assert work.ended_early == 1
    work.may_end.set()
    await late
    assert (work.begun, work.done) == (2, 1)


async def test_who_waits_for_work_that_fails_tries_it_himself() -> None:
    shared, work = SharedWork(), Work()
    work.may_end.set()

    async def fail() -> None:
        await asyncio.sleep(0)
        raise MediaTruncated("with less of the source")

    first = asyncio.ensure_future(shared.once(KEY, fail))
    await asyncio.sleep(0)
    await asyncio.gather(*(shared.once(KEY, work) for _ in range(3)))
    assert work.done == 1
    with pytest.raises(MediaTruncated):
        await first


async def test_the_others_have_ended_when_one_has_failed() -> None:
    work = Work()

    async def fail() -> None:
        await asyncio.sleep(0)
        raise MediaTruncated("one of several")

    with pytest.raises(MediaTruncated):
        await run_all([work(), fail()])
    assert work.ended_early == 1


async def test_whoever_is_cancelled_again_meanwhile_waits_until_it_has_ended_all_the_same() -> None:
    shared, ended = SharedWork(), list[bool]()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(9):  # it ends in its own time, however often it is asked to
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)
            ended.append(True)

    asked = asyncio.create_task(shared.once(KEY, work))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for _ in range(3):
        asked.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert ended


async def test_what_cleans_up_is_asked_once_however_often_its_waiter_is_cancelled() -> None:
    begun, may_end, disturbed = asyncio.Event(), asyncio.Event(), []

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            try:
                await may_end.wait()
            except asyncio.CancelledError as error:
                disturbed.append(error)

    task = asyncio.create_task(work())
    await begun.wait()
    ending = asyncio.create_task(end(task))
    for _ in range(3):
        await asyncio.sleep(0)
        ending.cancel()
    await asyncio.sleep(0)
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert task.done()
    assert disturbed == []
