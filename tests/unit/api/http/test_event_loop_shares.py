from __future__ import annotations

import asyncio

from vodpull.api.http.event_loop_shares import PassLimit


class Passes:
    """Counts the passes of the event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(0)
            self.count += 1

    def stop(self) -> None:
        self._task.cancel()


async def test_a_crowd_goes_on_a_few_at_a_time_and_in_its_order() -> None:
    limit, passes, went = PassLimit(4), Passes(), list[tuple[int, int]]()

    async def one(number: int) -> None:
        await limit.enter()
        went.append((passes.count, number))

    await asyncio.gather(*map(one, range(40)))
    passes.stop()
    assert [number for _, number in went] == list(range(40))
    at_once = [sum(when == asked for when, _ in went) for asked, _ in went]
    assert max(at_once) <= 4
    assert went[-1][0] < 40, "one pass after the other"


async def test_who_comes_alone_never_waits() -> None:
    limit, passes = PassLimit(1), Passes()
    for _ in range(3):
        before = passes.count
        await limit.enter()
        assert passes.count == before
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    passes.stop()


async def test_a_caller_that_has_gone_takes_no_place() -> None:
    limit = PassLimit(1)
    tasks = [asyncio.create_task(limit.enter()) for _ in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    async with asyncio.timeout(60):
        await asyncio.gather(*tasks, return_exceptions=True)
    assert [task.cancelled() for task in tasks] == [False, True, False, False]
    assert not limit._waiting


def test_a_loop_that_ended_with_callers_in_line_holds_nobody_up() -> None:
    limit = PassLimit(1)

    async def leave() -> None:
        asyncio.get_running_loop().create_task(limit.enter())
        await limit.enter()

    for _ in range(3):
        asyncio.run(asyncio.wait_for(leave(), 60))
