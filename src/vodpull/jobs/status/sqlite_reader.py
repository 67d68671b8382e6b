"""
The readers of status queries: of SQLite here, of PostgreSQL beside.

A revoked key or a finished job counts at once: what was read is used again only where the database says that nothing
was committed since.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import lru_cache

import sqlalchemy as sa

from vodpull.accounts.sealed_secrets import Vault
from vodpull.jobs.status.lookups import (
    STATEMENT,
    Done,
    FoundBatch,
    Lookup,
    QueryReader,
    RememberedBatches,
    parameters_of,
    read_found,
)
from vodpull.jobs.status.postgres_reader import PostgresQueryReader

REMEMBERED_SECRETS = 1024


def open_query_reader(database: sa.Engine, vault: Vault) -> QueryReader:
    """Return the reader of a database; the caller closes it on the loop that used it."""
    # A sealed secret opens to the same text for ever; opening it costs as much as all else together.
    open_sealed = lru_cache(maxsize=REMEMBERED_SECRETS)(vault.open)
    if database.dialect.name == "sqlite":
        return SqliteQueryReader(str(database.url.database), open_sealed)
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return PostgresQueryReader(url, open_sealed)


class SqliteQueryReader(QueryReader):
    """One connection that only reads: a point read takes less than the visit to a thread would."""

    def __init__(self, path: str, open_sealed: Callable[[str], str]) -> None:
        self._path = path
        self._open_sealed = open_sealed
        self._connection: sqlite3.Connection | None = None
        self._remembered = RememberedBatches()
        self._waiting: list[tuple[Lookup, Done]] = []

    def ask(self, lookup: Lookup, done: Done) -> None:
        """
        Answer together with all that come in this pass of the event loop, at its end.

        Whenever SQLite works, a thread that computes may take the interpreter, and gives it back after a while.
        """
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._answer)
        self._waiting.append((lookup, done))

    def _answer(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            # Asked for before the rows are: what is committed in between makes the next query read again.
            self._remembered.go_on(str(self._connected().execute("PRAGMA data_version").fetchone()[0]))
        except sqlite3.Error as error:
            for _, done in waiting:
                done(error)
            return
        for lookup, done in waiting:
            done(self._remembered.get(lookup) or self._read(lookup))

    def _read(self, lookup: Lookup) -> FoundBatch | Exception:
        try:
            rows = self._connected().execute(STATEMENT, parameters_of(lookup)).fetchall()
            found = read_found(rows, lookup.access_key, self._open_sealed)
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            return error
        self._remembered.keep(lookup, found)
        return found

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA query_only=ON")
        return self._connection

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
