"""One host gets a bounded number of requests at once, and a bounded number a second."""

from __future__ import annotations

import asyncio
import time

import pytest

from vodpull.fetch import HostLimits


class Crowd:
    """Callers that stay inside until told to leave."""

    def __init__(self, host_limits: HostLimits, host: str, count: int) -> None:
        self.inside: list[int] = []
        self.leave = asyncio.Event()
        self.tasks = [asyncio.create_task(self._visit(host_limits, host, number)) for number in range(count)]

    async def _visit(self, host_limits: HostLimits, host: str, number: int) -> None:
        async with host_limits.enter(host):
            self.inside.append(number)
            await self.leave.wait()

    async def settle(self) -> list[int]:
        for _ in range(20):
            await asyncio.sleep(0)
        return self.inside


async def test_callers_beyond_the_cap_wait_in_order() -> None:
    crowd = Crowd(HostLimits(connections_per_host=2, requests_per_s=1e6), "a", 5)
    assert await crowd.settle() == [0, 1]
    crowd.leave.set()
    await asyncio.gather(*crowd.tasks)
    assert crowd.inside == [0, 1, 2, 3, 4]


async def test_hosts_do_not_wait_for_each_other() -> None:
    host_limits = HostLimits(connections_per_host=1, requests_per_s=1e6)
    crowds = [Crowd(host_limits, host, 1) for host in ("a", "b")]
    assert [await crowd.settle() for crowd in crowds] == [[0], [0]]
    for crowd in crowds:
        crowd.leave.set()


async def test_a_cancelled_caller_takes_no_place() -> None:
    crowd = Crowd(HostLimits(connections_per_host=1, requests_per_s=1e6), "a", 3)
    await crowd.settle()
    crowd.tasks[0].cancel()
    crowd.tasks[1].cancel()
    assert await crowd.settle() == [0, 2]
    crowd.leave.set()
    await crowd.tasks[2]


async def test_an_extra_connection_never_pushes_in() -> None:
    host_limits = HostLimits(connections_per_host=2, requests_per_s=1e6)
    assert host_limits.try_enter("a")
    assert host_limits.try_enter("a")
    assert not host_limits.try_enter("a")
    crowd = Crowd(host_limits, "a", 1)
    await crowd.settle()
    host_limits.leave("a")
    assert not host_limits.try_enter("a")
    host_limits.leave("a")
    assert await crowd.settle() == [0]
    crowd.leave.set()


async def test_requests_are_spaced_after_the_first_burst() -> None:
    host_limits = HostLimits(connections_per_host=100, requests_per_s=50)
    started_s = time.monotonic()
    for _ in range(60):
        async with host_limits.enter("a"):
            pass
    assert time.monotonic() - started_s >= 9 / 50


async def test_a_held_host_is_left_alone_for_that_long() -> None:
    host_limits = HostLimits(connections_per_host=2, requests_per_s=1e6)
    host_limits.hold("a", 0.1)
    started_s = time.monotonic()
    assert not host_limits.try_enter("a")
    async with host_limits.enter("a"):
        assert time.monotonic() - started_s >= 0.1


async def test_idle_hosts_are_forgotten() -> None:
    host_limits = HostLimits(requests_per_s=1e9)
    for number in range(5000):
        async with host_limits.enter(f"host-{number}"):
            pass
    assert len(host_limits._hosts) < 2000


def test_several_loops_share_one_gate() -> None:
    host_limits = HostLimits(connections_per_host=1, requests_per_s=1e6)

    async def visit() -> None:
        async with host_limits.enter("a"):
            await asyncio.sleep(0.01)

    async def visit_in_threads() -> None:
        await asyncio.gather(*(asyncio.to_thread(asyncio.run, visit()) for _ in range(4)))

    asyncio.run(visit_in_threads())
    assert host_limits.try_enter("a")


@pytest.mark.parametrize("count", [1, 3])
async def test_leaving_by_an_error_gives_the_place_back(count: int) -> None:
    host_limits = HostLimits(connections_per_host=1, requests_per_s=1e6)
    for _ in range(count):
        with pytest.raises(KeyError):
            async with host_limits.enter("a"):
                raise KeyError
    assert host_limits.try_enter("a")


async def test_several_processes_share_the_caps_of_one() -> None:
    host_limits = HostLimits(connections_per_host=8)
    host_limits.share(4)
    assert [host_limits.try_enter("a") for _ in range(3)] == [True, True, False]
    host_limits.share(100)
    host_limits.leave("a")
    host_limits.leave("a")
    assert [host_limits.try_enter("a") for _ in range(2)] == [True, False]


async def test_what_a_host_asks_of_one_account_holds_up_no_other() -> None:
    host_limits = HostLimits(connections_per_host=1, requests_per_s=1e6)
    mine, others = host_limits.of_account("mine"), host_limits.of_account("others")
    mine.hold("a", 60)
    waiting = asyncio.create_task(mine.enter("a").__aenter__())
    await asyncio.sleep(0)
    assert not mine.try_enter("a")
    async with asyncio.timeout(60), others.enter("a"):
        assert not host_limits.try_enter("a"), "places are for all accounts together"
    waiting.cancel()


def test_a_share_counts_for_every_account() -> None:
    host_limits = HostLimits(connections_per_host=8)
    mine = host_limits.of_account("mine")
    host_limits.share(8)
    assert [mine.try_enter("a"), host_limits.of_account("others").try_enter("a")] == [True, False]


async def test_an_account_that_has_many_places_leaves_the_last_one_to_another() -> None:
    host_limits = HostLimits(connections_per_host=4, requests_per_s=1e6)
    greedy, modest = host_limits.of_account("greedy"), host_limits.of_account("modest")
    crowd = Crowd(greedy, "a", 6)
    assert await crowd.settle() == [0, 1, 2]
    assert not greedy.try_enter("a")
    other = Crowd(modest, "a", 3)
    assert await other.settle() == [0], "at once, although others came before"
    crowd.tasks[0].cancel()
    assert (await crowd.settle(), await other.settle()) == ([0, 1, 2], [0, 1]), "who has fewer is next"
    for each in (crowd, other):
        each.leave.set()
    await asyncio.gather(*crowd.tasks, *other.tasks, return_exceptions=True)
    assert crowd.inside == [0, 1, 2, 3, 4, 5]
    assert greedy.try_enter("a")


async def test_an_account_alone_has_every_place() -> None:
    alone = HostLimits(connections_per_host=2).of_account("alone")
    assert [alone.try_enter("a") for _ in range(3)] == [True, True, False]


async def _answers(host_limits: HostLimits, count: int, *, is_busy: bool = False) -> float:
    """Return how many seconds it takes until so many requests may start, each answered at once."""
    started_s = time.monotonic()
    for _ in range(count):
        async with host_limits.enter("a"):
            host_limits.note("a", is_busy=is_busy)
    return time.monotonic() - started_s


async def test_a_host_that_is_too_busy_is_asked_less_often_by_that_account_until_it_recovers() -> None:
    host_limits = HostLimits(connections_per_host=2, requests_per_s=1e6)
    mine, others = host_limits.of_account("mine"), host_limits.of_account("others")
    for _ in range(8):
        mine.note("a", is_busy=True)  # all that were under way say the same
    assert 0.2 < await _answers(mine, 2) < 0.5
    assert await _answers(others, 100) < 0.2
    for _ in range(200):
        mine.note("a", is_busy=False)
    await _answers(mine, 1)
    assert await _answers(mine, 100) < 0.2


async def test_hosts_that_are_too_busy_and_never_asked_again_are_forgotten() -> None:
    host_limits = HostLimits()
    for number in range(5000):
        host_limits.note(f"host-{number}", is_busy=True)
    assert len(host_limits._slowed) < 2000
