"""Limits that processes share: each `RateLimit` here is one process of the same installation."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from vodpull.accounts.rate_limits import RateLimit, forget_past, free_after
from vodpull.database import tables
from vodpull.errors import RateLimited

START_S = 1_000_000_200.0
"""The beginning of a period of five minutes."""


class Clock:
    now_s = START_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def process(database: sa.Engine, clock: Clock) -> Callable[..., RateLimit]:
    return lambda rate="10/5 minutes": RateLimit(database, "tries", rate, what="tries", now=clock)


def counted(limit: RateLimit, times: int, who: str = "me") -> int:
    """Return how many of so many calls are allowed."""
    allowed = 0
    for _ in range(times):
        try:
            limit.count(who)
        except RateLimited:
            continue
        allowed += 1
    return allowed


def test_all_processes_together_and_after_a_restart_allow_what_is_allowed(process: Callable[..., RateLimit]) -> None:
    one, other = process(), process()
    assert (counted(one, 6), counted(other, 6), counted(one, 6), counted(process(), 6)) == (6, 4, 0, 0)
    assert counted(one, 12, who="you") == 10


def test_most_calls_ask_nothing(database: sa.Engine, process: Callable[..., RateLimit]) -> None:
    statements: list[str] = []
    sa.event.listen(database, "before_cursor_execute", lambda *given: statements.append(given[2]))
    limit = process("300/5 minutes")
    assert counted(limit, 280) == 280
    assert len(statements) <= 3 * 15
    assert counted(limit, 40) == 20
    statements.clear()
    assert (counted(limit, 100), statements) == (0, [])


def test_what_a_dead_process_took_is_a_small_part(process: Callable[..., RateLimit]) -> None:
    assert counted(process("300/5 minutes"), 1) == 1
    assert counted(process("300/5 minutes"), 400) == 270


def test_the_period_moves(process: Callable[..., RateLimit], clock: Clock) -> None:
    limit = process()
    clock.now_s = START_S + 290
    assert counted(limit, 20) == 10
    clock.now_s = START_S + 301  # another window, in which nearly all of the one before counts
    with pytest.raises(RateLimited) as refused:
        limit.count("me")
    clock.now_s += refused.value.retry_after_s
    assert counted(limit, 20) == 1
    clock.now_s = START_S + 450
    assert counted(limit, 20) == 4
    clock.now_s = START_S + 1200
    assert counted(limit, 20) == 10


def test_threads_do_not_take_more_than_there_is(process: Callable[..., RateLimit]) -> None:
    limits = [process("100/5 minutes"), process("100/5 minutes")]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda number: counted(limits[number % 2], 20), range(8))) == 100


def test_a_limit_that_was_changed_begins_anew(process: Callable[..., RateLimit]) -> None:
    assert counted(process("10/5 minutes"), 12) == 10
    assert counted(process("20/hour"), 30) == 20
    assert counted(process(""), 30) == 30


def test_a_clock_that_is_behind_takes_no_more(database: sa.Engine, process: Callable[..., RateLimit]) -> None:
    slow = Clock()
    slow.now_s = START_S - 2
    assert counted(process(), 4) == 4
    assert counted(RateLimit(database, "tries", "10/5 minutes", what="tries", now=slow), 12) == 6


def test_rows_of_long_ago_go(database: sa.Engine, process: Callable[..., RateLimit]) -> None:
    counted(process(), 1)
    counted(RateLimit(database, "tries", "10/5 minutes", what="tries"), 1, who="now")
    assert forget_past(database) == 1
    with database.connect() as connection:
        assert connection.scalars(sa.select(tables.allowance.c.who)).all() == ["now"]


@pytest.mark.parametrize(
    ("used", "before", "periods"), [(5, 10, 0.6), (10, 0, 1.1), (10, 10, 1.1), (0, 20, 0.55), (9, 1, 1.0)]
)
def test_the_wait_ends_when_one_more_is_allowed(used: int, before: int, periods: float) -> None:
    assert free_after(10, used=used, before=before) == pytest.approx(periods)
