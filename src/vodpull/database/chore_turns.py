"""Whose turn a chore is: one of all processes does it, and another one follows when that process dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new


class ChoreTurns:
    """The turns of all processes of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def alone(self, name: str, *, every_s: float, most_s: float) -> Iterator[bool]:
        """
        Give True to one of all processes, when nobody began this chore for so long.

        Until the block ends nobody else begins it, or for `most_s` where the process ends first.
        """
        if self._engine.dialect.name == "sqlite":  # one process for each data folder
            yield True
            return
        started_ms, chore = now_ms(), tables.chore
        # As if it was begun later, so that it is not due again before.
        held_ms = started_ms + int(1000 * (most_s - every_s))
        begun = self.begin(name, every_s=every_s, at_ms=held_ms)
        try:
            yield begun
        finally:
            if begun:
                mine = sa.and_(chore.c.name == name, chore.c.begun_at_ms == held_ms)
                with self._engine.begin() as connection:
                    connection.execute(chore.update().where(mine).values(begun_at_ms=started_ms))

    def begin(self, name: str, *, every_s: float, at_ms: int | None = None) -> bool:
        """Return True for one of all processes, when nobody began this chore for so long; it is begun then."""
        now, chore = now_ms(), tables.chore.c
        at_ms = now if at_ms is None else at_ms
        recent = sa.and_(chore.name == name, chore.begun_at_ms > now - int(1000 * every_s))
        with self._engine.connect() as connection:  # mostly it is not due, and nothing is written
            if connection.execute(sa.select(chore.name).where(recent)).first() is not None:
                return False
        with self._engine.begin() as connection:
            if insert_new(connection, tables.chore, {"name": name, "begun_at_ms": at_ms}):
                return True
            due = sa.and_(chore.name == name, ~recent)
            return connection.execute(tables.chore.update().where(due).values(begun_at_ms=at_ms)).rowcount == 1
