"""
Rate limits that all processes of an installation share, and that a restart does not forget.

How many calls in which period say the settings (`rate_limit` for a key, `upload_rate_limit` for an account); who is
counted, `api/http/keys/authentication.py`.

What was counted is in the database. A process takes allowance in portions, which it then gives out by itself, so most
calls cost no query; near the limit portions become single calls. What it knows to be used up it refuses by itself. Two
windows are looked at, of which the earlier counts as far as the moving period still reaches into it.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from limits import parse

from vodpull.clock import now_s
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.errors import RateLimited

PORTIONS = 10
"""A portion is at most so small a part of what a period allows: what a process that ends has not given out is lost."""

MOST = 10_000
"""Callers that a process remembers; of who came longest ago it asks the database again."""

MAX_WHO_CHARACTERS = 64


@dataclass
class _Portion:
    window: int
    left: int
    free_at_s: float = 0.0
    """Nothing is left for anybody until then."""


class RateLimit:
    """One limit of one installation; from any thread."""

    def __init__(self, engine: sa.Engine, name: str, rate: str, *, what: str, now: Callable[[], float] = now_s) -> None:
        """
        Take its name in the database, and what it allows in the notation of the library `limits`; empty: no limit.

        `what` is said to who is refused, after `more than <rate>`.
        """
        self._engine = engine
        self._name = name
        self._what = f"more than {rate} {what}"
        self._now = now
        item = parse(rate) if rate else None
        self.amount = item.amount if item else 0
        """Calls in a period; 0: any number."""
        self._period_s = item.get_expiry() if item else 0
        self._portions: OrderedDict[str, _Portion] = OrderedDict()
        self._here = threading.Lock()
        self._taking = threading.Lock()

    def count(self, who: str = "") -> None:
        """
        Count one call; may ask the database.

        Raises:
            RateLimited: there were too many.
        """
        if self.count_here(who):
            return
        who = who[:MAX_WHO_CHARACTERS]
        with self._taking:
            self.refuse_spent(who)
            if self.count_here(who):  # another thread was first
                return
            portion = self._take(who)
            self._keep(who, portion)
            self.refuse_spent(who)

    def count_here(self, who: str = "") -> bool:
        """Count one call out of what this process has; False: it has nothing here, which says nothing of the limit."""
        if not self.amount:
            return True
        with self._here:
            portion = self._portions.get(who[:MAX_WHO_CHARACTERS])
            if portion is None or not portion.left or portion.window != self._window():
                return False
            portion.left -= 1
            return True

    async def count_from_loop(self, who: str = "") -> None:
        """Count one call as `count` does; the event loop never waits for the database."""
        if not self.count_here(who):
            await asyncio.to_thread(self.count, who)

    def refuse_spent(self, who: str = "") -> None:
        """
        Count nothing, and ask nobody.

        Raises:
            RateLimited: this process knows that nothing is left.
        """
        portion = self._portions.get(who)
        wait_s = portion.free_at_s - self._now() if portion else 0.0
        if wait_s > 0:
            raise RateLimited(self._what, retry_after_s=max(1, math.ceil(wait_s)))

    def _keep(self, who: str, portion: _Portion) -> None:
        with self._here:
            self._portions[who] = portion
            self._portions.move_to_end(who)
            if len(self._portions) > MOST:
                self._portions.popitem(last=False)

    def _window(self) -> int:
        return int(self._now() // self._period_s)

    def _take(self, who: str) -> _Portion:
        """Take a portion out of what the database says is left, less the call that it is taken for."""
        row, mine = tables.allowance, _of(self._name, who)
        with self._engine.begin() as connection:
            window = self._window()
            fresh = {"window": window, "used": 0, "before": 0, "period_s": self._period_s}
            insert_new(connection, row, fresh | {"name": self._name, "who": who})  # takes the lock of SQLite, too
            found = connection.execute(sa.select(row).where(mine).with_for_update()).one()
            if found.period_s == self._period_s:
                window = max(window, found.window)  # clocks of machines differ
                used, before = _moved(found.window, found.used, found.before, window=window)
            else:  # the limit was another one
                used, before = 0, 0
            passed = min(1.0, max(0.0, self._now() / self._period_s - window))
            free = math.floor(self.amount - used - before * (1 - passed))
            if free <= 0:
                free_at = window + free_after(self.amount, used=used, before=before)
                return _Portion(window=self._window(), left=0, free_at_s=self._period_s * free_at)
            taken = max(1, min(self.amount // PORTIONS, free // 2))
            values = {"window": window, "used": used + taken, "before": before, "period_s": self._period_s}
            connection.execute(row.update().where(mine).values(values))
        return _Portion(window=self._window(), left=taken - 1)


def _of(name: str, who: str) -> sa.ColumnElement[bool]:
    return sa.and_(tables.allowance.c.name == name, tables.allowance.c.who == who)


def _moved(known: int, used: int, before: int, *, window: int) -> tuple[int, int]:
    """Return what was used in a window and in the one before, of what is known of a window. Pure."""
    if known == window:
        return used, before
    return 0, used if known == window - 1 else 0


def free_after(amount: int, *, used: int, before: int) -> float:
    """Return when one call more is allowed, in periods after the beginning of the window. Pure."""
    if used < amount:
        return 1 - (amount - 1 - used) / before
    return 2 - (amount - 1) / used


def forget_past(engine: sa.Engine) -> int:
    """Delete what no period reaches into any more; return of how many callers."""
    row = tables.allowance.c
    past = (row.window + 2) * row.period_s < int(now_s())
    with engine.begin() as connection:
        return connection.execute(tables.allowance.delete().where(past)).rowcount
