"""Queries about uploads in threads: where a database takes one writer at a time, they take turns here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Self, TypeVar

import sqlalchemy as sa

_Found = TypeVar("_Found")


@dataclass(frozen=True, kw_only=True)
class Database:
    """Runs queries in a thread."""

    engine: sa.Engine
    turn: AbstractAsyncContextManager[object]
    """Whoever changes something has it: SQLite takes one writer at a time; others would sleep, and ask again."""

    @classmethod
    def of(cls, engine: sa.Engine) -> Self:
        """Return that of an engine, for one event loop."""
        return cls(engine=engine, turn=asyncio.Lock() if engine.dialect.name == "sqlite" else nullcontext())

    def read(self, query: Callable[[sa.Connection], _Found]) -> _Found:
        """Return what a query finds."""
        with self.engine.connect() as connection:
            return query(connection)

    def write(self, change: Callable[[sa.Connection], _Found]) -> _Found:
        """Commit a change, and return what it returns."""
        with self.engine.begin() as connection:
            return change(connection)

    async def in_turn(self, work: Callable[[], _Found]) -> _Found:
        """Do what changes something in a thread, and return what that returns."""
        async with self.turn:
            return await asyncio.to_thread(work)

    async def change(self, change: Callable[[sa.Connection], _Found]) -> _Found:
        """Commit a change in its turn, and return what it returns."""
        return await self.in_turn(lambda: self.write(change))
