"""
Who may play as the database last said.

How soon a block, a rule or a revoked key counts in every process, and what holds while the database is away.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import sqlalchemy as sa
import structlog

K = TypeVar("K")
V = TypeVar("V")

LOOK_S = 3.0
"""A change holds everywhere after this, plus one query: well below the 10 s that are promised."""

MOST = 10_000
"""Answers that are kept; the one that was asked for longest ago goes first."""

log = structlog.get_logger(__name__)


class Remembered(Generic[K, V]):
    """Reads what is asked for at most every few seconds, once for all who ask."""

    def __init__(self, read: Callable[[K], V], *, look_s: float = LOOK_S) -> None:
        """`read` asks the database; it is called in a thread."""
        self._read = read
        self._look_s = look_s
        self._found: OrderedDict[K, tuple[V, float]] = OrderedDict()
        self._under_way: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K) -> V:
        """
        Return the answer to a key.

        While the database is away the last answer counts, so that what plays goes on; without one it is an error.
        """
        known = self._found.get(key)
        if known and time.monotonic() - known[1] <= self._look_s:
            self._found.move_to_end(key)
            return known[0]
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._ask(key))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        try:
            return await asyncio.shield(task)
        except sa.exc.SQLAlchemyError as error:
            if known is None:
                raise
            log.warning("playback as of before", error=type(error).__name__)
            self._keep(key, known[0], time.monotonic())
            return known[0]

    async def _ask(self, key: K) -> V:
        begun_s = time.monotonic()
        value = await asyncio.to_thread(self._read, key)
        self._keep(key, value, begun_s)
        return value

    def _keep(self, key: K, value: V, at_s: float) -> None:
        self._found[key] = (value, at_s)
        self._found.move_to_end(key)
        if len(self._found) > MOST:
            self._found.popitem(last=False)
