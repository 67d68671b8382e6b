"""More connections only where each of them is held back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vodpull.fetch.transfer.connection_count import ConnectionCount


def settle(width: ConnectionCount, rate_of: Callable[[int, float], float], *, seconds: float = 10) -> ConnectionCount:
    """Feed bytes at the rate that so many connections give at that time, in steps of ten milliseconds."""
    for step in range(int(seconds * 100)):
        width.add(int(rate_of(width.wanted, step / 100) / 100), now_s=1000 + step / 100)
    return width


@pytest.mark.parametrize("most", [1, 2, 6, 8])
def test_throttled_connections_are_added_up_to_the_most(most: int) -> None:
    assert settle(ConnectionCount(most), lambda count, _: 5e6 * count).wanted == most


def test_growing_takes_a_second_at_most() -> None:
    assert settle(ConnectionCount(8), lambda count, _: 5e6 * count, seconds=1).wanted == 8


def test_a_full_line_is_left_to_one_connection() -> None:
    assert settle(ConnectionCount(8), lambda _count, _: 12e6).wanted == 1


def test_a_fast_origin_is_left_alone_at_once() -> None:
    assert settle(ConnectionCount(8), lambda count, _: 60e6 * count).wanted == 1


def test_a_connection_that_still_speeds_up_is_waited_for() -> None:
    assert settle(ConnectionCount(8), lambda _count, time_s: 1e6 * 2 ** (time_s * 4), seconds=1.5).wanted == 1


def test_what_stops_paying_is_taken_back() -> None:
    assert settle(ConnectionCount(8), lambda count, _: min(20e6, 5e6 * count)).wanted == 4


def test_new_connections_get_a_moment() -> None:
    def slow_to_start(count: int, time_s: float) -> float:
        return 5e6 * (count if time_s > 1 else 1)

    assert settle(ConnectionCount(8), slow_to_start, seconds=2).wanted > 1


def test_what_is_refused_is_not_asked_for_again() -> None:
    width = settle(ConnectionCount(8), lambda count, _: 5e6 * count, seconds=0.5)
    width.shrink(1)
    assert settle(width, lambda count, _: 5e6 * count).wanted == 1
