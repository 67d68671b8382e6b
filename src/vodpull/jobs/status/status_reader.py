"""
What a signed status query needs of the database, in one statement: the caller's key, the batch and its jobs.

A revoked key or a finished job counts at once: what was read is used again only where the database says that nothing
was committed since, as SQLite does at the price of one small question. The bytes of an item are pure, and remembered by
everything that they are made of. Rows come straight from the driver.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, runtime_checkable

import psycopg
import sqlalchemy as sa
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from pydantic import TypeAdapter

from vodpull.accounts.keys import LiveKey
from vodpull.accounts.vault import Vault
from vodpull.jobs.model import Asset, WireStatus
from vodpull.jobs.status.status import BatchStatus, batch_status, compact_json, item_data

REMEMBERED_ITEMS = 4096
"""About 3 kB each."""

REMEMBERED_SECRETS = 1024

CONNECTIONS = 4
"""To PostgreSQL, for status queries alone."""

PATIENCE_S = 5.0
"""So long does a status query wait for a connection before the caller is told that the database is away."""

_ASSET = TypeAdapter(Asset)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the statement brought."""

    key: LiveKey | None = None
    """None: no live key has this name."""
    batch: BatchStatus | None = None
    """The batch that was asked for, of whichever account; None: there is none."""


class Lookup(NamedTuple):
    """What to look for: a key, and the batch of this id, else the newest of the key's account with this business id."""

    access_key: str
    task_id: str = ""
    trans_no: str = ""


class StatusReader(Protocol):
    """Reads what a status query needs, on the event loop of its caller."""

    async def find(self, lookup: Lookup) -> Found:
        """Return what is there now."""

    async def close(self) -> None:
        """Give the connections back."""


@runtime_checkable
class PromptReader(Protocol):
    """One that waits for nothing: reading takes less time than handing the work on would."""

    def find_now(self, lookup: Lookup) -> Found:
        """Return what is there now."""


def open_status_reader(database: sa.Engine, vault: Vault) -> StatusReader:
    """Return the reader of a database; the caller closes it on the loop that used it."""
    # A sealed secret opens to the same text for ever; opening it costs as much as all else together.
    open_sealed = lru_cache(maxsize=REMEMBERED_SECRETS)(vault.open)
    if database.dialect.name == "sqlite":
        return SqliteStatusReader(str(database.url.database), open_sealed)
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return PostgresStatusReader(url, open_sealed)


class SqliteStatusReader:
    """One connection that only reads: a point read takes less than the visit to a thread would."""

    def __init__(self, path: str, open_sealed: Callable[[str], str]) -> None:
        self._path = path
        self._open_sealed = open_sealed
        self._connection: sqlite3.Connection | None = None
        self._version: tuple[int] | None = None
        self._found: dict[Lookup, Found] = {}
        """What was read in this version of the database; a commit of whatever connection makes another one."""
        self._held_items = 0

    async def find(self, lookup: Lookup) -> Found:
        """Return what is there now."""
        return self.find_now(lookup)

    def find_now(self, lookup: Lookup) -> Found:
        """Return what is there now."""
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA query_only=ON")
        # Asked for before the rows are: what is committed in between makes the next query read again.
        version = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version or self._held_items > REMEMBERED_ITEMS:
            self._version, self._held_items = version, 0
            self._found.clear()
        found = self._found.get(lookup)
        if found is None:
            rows = self._connection.execute(_SQLITE, _asked(lookup)).fetchall()
            found = self._found[lookup] = _found(rows, lookup.access_key, self._open_sealed)
            self._held_items += 1 if found.batch is None else 1 + len(found.batch.items)
        return found

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()


class PostgresStatusReader:
    """A few connections of their own."""

    def __init__(self, url: str, open_sealed: Callable[[str], str]) -> None:
        self._open_sealed = open_sealed
        self._pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
            timeout=PATIENCE_S,
            kwargs={"autocommit": True, "prepare_threshold": 1},
        )
        self._is_open = False

    async def find(self, lookup: Lookup) -> Found:
        """Return what is there now; connections that were cut meanwhile are replaced."""
        if not self._is_open:
            self._is_open = True
            await self._pool.open()
        asked = _asked(lookup)
        for _ in range(CONNECTIONS):
            try:
                return await self._find(asked)
            except PoolTimeout:
                raise  # not a connection that was cut: there is no database to connect to
            except psycopg.OperationalError:
                continue
        return await self._find(asked)

    async def _find(self, asked: Mapping[str, str]) -> Found:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_POSTGRES, asked)
            return _found(await cursor.fetchall(), asked["access_key"], self._open_sealed)

    async def close(self) -> None:
        """Close all connections."""
        if self._is_open:
            await self._pool.close()


def _asked(lookup: Lookup) -> dict[str, str]:
    """Return the parameters; what no text of a database can be is changed into what no identifier is."""
    asked = lookup._asdict().items()
    return {name: text.encode("utf-8", "replace").decode().replace("\0", "?") for name, text in asked}


def _found(rows: Sequence[Sequence[Any]], access_key: str, open_sealed: Callable[[str], str]) -> Found:
    if not rows:
        return Found()
    typed = [_Row(*row) for row in rows]
    return Found(key=_key(typed, access_key, open_sealed), batch=_batch(typed))


class _Row(NamedTuple):
    """One row of the statement: the key and the batch again for each job."""

    account_id: str
    sealed_secret: str
    sealed_next_secret: str | None
    batch_id: str | None
    owner_id: str
    trans_no: str
    file_name: str
    source_url: str | None
    md5: str
    pull_status: int
    cmd_status: int
    asset: str | None


ITEM = _Row._fields.index("file_name")
"""Where the columns of the job begin."""


_SQLITE = """
select key.account_id, key.sealed_secret, key.sealed_next_secret,
       batch.batch_id, batch.account_id, batch.trans_no,
       job.file_name, job.source_url, job.md5, job.pull_status, job.cmd_status, cast(job.asset as text)
from access_key as key
left join batch on batch.deleted_at_ms is null and batch.batch_id = case when :task_id <> '' then :task_id else (
    select newest.batch_id from batch as newest
    where newest.account_id = key.account_id and newest.trans_no = :trans_no and newest.deleted_at_ms is null
    order by newest.created_at_ms desc limit 1
) end
left join job on job.batch_id = batch.batch_id
where key.access_key = :access_key and key.revoked_at_ms is null
order by job.position
"""
_POSTGRES = re.sub(r":(\w+)", r"%(\1)s", _SQLITE)


def _key(rows: Sequence[_Row], access_key: str, open_sealed: Callable[[str], str]) -> LiveKey:
    first = rows[0]
    sealed = (first.sealed_secret, first.sealed_next_secret)
    secrets = tuple(open_sealed(secret) for secret in sealed if secret is not None)
    return LiveKey(access_key=access_key, account_id=first.account_id, secrets=secrets)


def _batch(rows: Sequence[_Row]) -> BatchStatus | None:
    first = rows[0]
    if first.batch_id is None:
        return None
    # A batch whose jobs were all removed is still one.
    items = [_item(*row[ITEM:]) for row in rows if row.source_url is not None]
    return BatchStatus(
        batch_id=first.batch_id,
        account_id=first.owner_id,
        trans_no=first.trans_no,
        status=batch_status(state for state, _ in items),
        items=tuple(text for _, text in items),
    )


@dataclass(frozen=True)
class _Item:
    """The columns of a job that an item shows."""

    file_name: str
    source_url: str
    md5: str
    pull_status: WireStatus
    cmd_status: WireStatus
    asset: Asset | None


@lru_cache(maxsize=REMEMBERED_ITEMS)
def _item(*columns: Any) -> tuple[_Item, bytes]:
    """Return an item and its JSON; nothing but its columns decides about it."""
    file_name, source_url, md5, pull_status, cmd_status, asset = columns
    known = None if asset is None else _ASSET.validate_json(asset)
    item = _Item(file_name, source_url, md5, WireStatus(pull_status), WireStatus(cmd_status), known)
    return item, compact_json(item_data(item))
