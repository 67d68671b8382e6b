from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from vodpull.workflows.engine.slot_claims import Queue, Slots

ONE = Queue(name="one", slots=1)


class Bells:
    """Hears when a queue is rung for."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, queue: str) -> None:
        self.rung.append(queue)

    def ring_all(self) -> None:
        self.rung.append("all")

    def touch(self) -> None:
        pass


@pytest.fixture
def slots() -> Slots:
    slots = Slots(cast("Any", Bells()))
    slots._slots = {ONE.name: ONE.slots}
    return slots


def step(slots: Slots, act: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    async def workflow() -> None:
        slots.enter(ONE)
        await slots.counted(act)()

    return asyncio.create_task(workflow())


async def test_who_waits_fills_no_slot_and_comes_back_before_anybody_new(slots: Slots) -> None:
    store_is_back, other_may_end, order = asyncio.Event(), asyncio.Event(), []

    async def patient() -> None:
        async with slots.standing_aside():
            order.append("waits")
            await store_is_back.wait()
        order.append("goes on")

    async def other() -> None:
        order.append("other begins")
        await other_may_end.wait()
        order.append("other ends")

    waiting = step(slots, patient)
    await asyncio.sleep(0)
    assert (slots.steps, slots._aside["one"], slots._busy["one"]) == (0, 1, 0)
    assert cast("Any", slots._wakeups).rung == ["one"]
    working = step(slots, other)
    await asyncio.sleep(0)
    store_is_back.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert order == ["waits", "other begins"], "the slot is taken"
    other_may_end.set()
    await asyncio.gather(waiting, working)
    assert order == ["waits", "other begins", "other ends", "goes on"]
    assert (slots.steps, slots._aside["one"], slots._busy["one"]) == (0, 0, 0)


async def test_who_is_cancelled_aside_leaves_no_trace(slots: Slots) -> None:
    async def patient() -> None:
        async with slots.standing_aside():
            await asyncio.Event().wait()

    waiting = step(slots, patient)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (slots.steps, slots._aside["one"], slots._busy["one"]) == (0, 0, 0)


async def test_a_process_that_drains_waits_for_nobody_aside(slots: Slots) -> None:
    store_is_back = asyncio.Event()
    went_on = False

    async def patient() -> None:
        nonlocal went_on
        async with slots.standing_aside():
            await store_is_back.wait()
        went_on = True

    waiting = step(slots, patient)
    await asyncio.sleep(0)
    slots.drain()
    assert slots.steps == 0
    store_is_back.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not went_on, "whoever takes over begins it"
    waiting.cancel()


async def test_what_was_claimed_while_another_came_back_waits_for_the_slot(slots: Slots) -> None:
    may_end, order = asyncio.Event(), []

    def named(name: str) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            order.append(name)
            await may_end.wait()

        return act

    first, second, third = (step(slots, named(name)) for name in ("first", "second", "third"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert (order, slots._busy["one"]) == (["first"], 1)
    first.cancel()  # its slot goes to the second, which is cancelled as it gets it, and so to the third
    await asyncio.gather(first, return_exceptions=True)
    second.cancel()
    may_end.set()
    await asyncio.wait_for(third, 60)
    assert order[-1] == "third"
    await asyncio.gather(second, return_exceptions=True)
    assert (slots.steps, slots._busy["one"]) == (0, 0)
