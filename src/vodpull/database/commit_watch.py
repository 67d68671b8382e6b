"""Whether anything was written since the last look, at the price of one small question."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import sqlalchemy as sa

Mark = Callable[[], str]
"""Returns a text that is another one after every commit, of whichever process; called from a thread."""


@contextmanager
def following(database: sa.Engine) -> Iterator[Mark]:
    """Give what tells of changes in a database, as long as the block lasts."""
    if database.dialect.name == "sqlite":
        # Counts the commits of all connections but its own, which makes none.
        path = str(database.url.database)
        with closing(sqlite3.connect(path, check_same_thread=False, isolation_level=None)) as connection:
            yield lambda: str(connection.execute("PRAGMA data_version").fetchone()[0])
        return

    def snapshot() -> str:
        with database.connect() as connection:
            return str(connection.scalar(sa.text("SELECT txid_current_snapshot()::text")))

    yield snapshot
