"""
What a signed status query needs of the database, in one statement: the caller's key, the batch and its jobs.

A revoked key or a finished job counts at once: what was read is used again only where the database says that nothing
was committed since, as SQLite does at the price of one small question. The bytes of an item are pure, and remembered by
everything that they are made of. Rows come straight from the driver.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from typing import Any, NamedTuple, Protocol

import psycopg
import sqlalchemy as sa
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from pydantic import TypeAdapter

from vodpull.accounts.keys import LiveKey
from vodpull.accounts.scopes import read_scopes
from vodpull.accounts.vault import Vault
from vodpull.database.connection import NETWORK_LIMITS
from vodpull.jobs.model import Asset, WireStatus
from vodpull.jobs.status.status_data import BatchStatus, batch_status, compact_json, item_data

REMEMBERED_ITEMS = 4096
"""About 3 kB each."""

REMEMBERED_SECRETS = 1024

CONNECTIONS = 4
"""To PostgreSQL, for status queries alone."""

ASKED_TOGETHER = 64
"""Most lookups of one statement."""

SLOW_S = 0.05
"""A statement of PostgreSQL takes less, unless something is wrong with its connection."""

PATIENCE_S = 5.0
"""So long does a status query wait for a connection before the caller is told that the database is away."""

NOT_BY_INDEX = ("seqscan", "hashjoin", "mergejoin")
"""What PostgreSQL would rather do with tables that are still small."""

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


Done = Callable[[Found | Exception], None]
"""Takes what was found, or why nothing could be looked for; must not raise."""


class QueryReader(Protocol):
    """Reads what a status query needs, on the event loop of its caller."""

    def ask(self, lookup: Lookup, done: Done) -> None:
        """Tell what there is, no older than this call, as soon as it is known."""

    async def find(self, lookup: Lookup) -> Found:
        """Return what there is."""

    async def close(self) -> None:
        """Give the connections back."""


def open_query_reader(database: sa.Engine, vault: Vault) -> QueryReader:
    """Return the reader of a database; the caller closes it on the loop that used it."""
    # A sealed secret opens to the same text for ever; opening it costs as much as all else together.
    open_sealed = lru_cache(maxsize=REMEMBERED_SECRETS)(vault.open)
    if database.dialect.name == "sqlite":
        return SqliteQueryReader(str(database.url.database), open_sealed)
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return PostgresQueryReader(url, open_sealed)


class SqliteQueryReader:
    """One connection that only reads: a point read takes less than the visit to a thread would."""

    def __init__(self, path: str, open_sealed: Callable[[str], str]) -> None:
        self._path = path
        self._open_sealed = open_sealed
        self._connection: sqlite3.Connection | None = None
        self._version: tuple[int] | None = None
        self._found: dict[Lookup, Found] = {}
        """What was read in this version of the database; a commit of whatever connection makes another one."""
        self._held_items = 0
        self._waiting: list[tuple[Lookup, Done]] = []

    def ask(self, lookup: Lookup, done: Done) -> None:
        """
        Answer together with all that come in this pass of the event loop, at its end.

        Whenever SQLite works, a thread that computes may take the interpreter, and gives it back after a while.
        """
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._answer)
        self._waiting.append((lookup, done))

    async def find(self, lookup: Lookup) -> Found:
        """Return what there is."""
        found: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self.ask(lookup, partial(_settle, found))
        return await found

    def _answer(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            self._look_for_commits()
        except sqlite3.Error as error:
            for _, done in waiting:
                done(error)
            return
        for lookup, done in waiting:
            done(self._found.get(lookup) or self._read(lookup))

    def _look_for_commits(self) -> None:
        """Forget what was read before the last commit."""
        # Asked for before the rows are: what is committed in between makes the next query read again.
        version = self._connected().execute("PRAGMA data_version").fetchone()
        if version != self._version or self._held_items > REMEMBERED_ITEMS:
            self._version, self._held_items = version, 0
            self._found.clear()

    def _read(self, lookup: Lookup) -> Found | Exception:
        try:
            rows = self._connected().execute(_SQLITE, _asked(lookup)).fetchall()
            found = _found(rows, lookup.access_key, self._open_sealed)
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            return error
        self._found[lookup] = found
        self._held_items += 1 if found.batch is None else 1 + len(found.batch.items)
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


class PostgresQueryReader:
    """A few connections of their own; what is asked while a statement is under way goes into the next one together."""

    def __init__(self, url: str, open_sealed: Callable[[str], str]) -> None:
        self._open_sealed = open_sealed
        self._pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
            configure=_plan_once,
            timeout=PATIENCE_S,
            kwargs={"autocommit": True, "prepare_threshold": 1, **NETWORK_LIMITS},
        )
        self._is_open = False
        self._waiting: dict[Lookup, list[Done]] = {}
        self._sweeps: set[asyncio.Task[None]] = set()
        self._under_way = 0
        """Sweeps that will still look for who waits."""
        self._begun_s = 0.0

    def ask(self, lookup: Lookup, done: Done) -> None:
        """Ask together with all others that come before the next statement."""
        self._waiting.setdefault(lookup, []).append(done)
        loop = asyncio.get_running_loop()
        # One that hangs holds up nobody who comes later.
        if not self._under_way or loop.time() - self._begun_s > SLOW_S:
            self._begun_s = loop.time()
            self._under_way += 1
            sweep = loop.create_task(self._sweep())
            self._sweeps.add(sweep)
            sweep.add_done_callback(self._sweeps.discard)

    async def find(self, lookup: Lookup) -> Found:
        """Return what there is."""
        found: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self.ask(lookup, partial(_settle, found))
        return await found

    async def _sweep(self) -> None:
        try:
            while self._waiting:
                asked = dict(islice(self._waiting.items(), ASKED_TOGETHER))
                for lookup in asked:
                    del self._waiting[lookup]
                self._begun_s = asyncio.get_running_loop().time()
                found = await self._find_all([*asked])
                for lookup, dones in asked.items():
                    for done in dones:
                        done(found if isinstance(found, Exception) else found[lookup])
        finally:
            self._under_way -= 1

    async def _find_all(self, lookups: Sequence[Lookup]) -> Mapping[Lookup, Found] | Exception:
        """Return what there is of each, or why not; connections that were cut meanwhile are replaced."""
        outcome: Mapping[Lookup, Found] | Exception = PoolTimeout()
        for _ in range(CONNECTIONS + 1):
            try:
                outcome = await self._read(lookups)
            except Exception as error:  # noqa: BLE001 - whoever asked is told
                outcome = error
            if not isinstance(outcome, psycopg.OperationalError) or isinstance(outcome, PoolTimeout):
                break  # not a connection that was cut
        return outcome

    async def _read(self, lookups: Sequence[Lookup]) -> Mapping[Lookup, Found]:
        if not self._is_open:
            self._is_open = True
            await self._pool.open()
        asked = [_asked(lookup) for lookup in lookups]
        columns = {f"{name}s": [each[name] for each in asked] for name in Lookup._fields}
        rows: dict[int, list[Sequence[Any]]] = defaultdict(list)
        async with self._pool.connection() as connection:
            for number, *row in await (await connection.execute(_POSTGRES, columns)).fetchall():
                rows[number].append(row)
        return {
            lookup: _found(rows[number], lookup.access_key, self._open_sealed)
            for number, lookup in enumerate(lookups, start=1)
        }

    async def close(self) -> None:
        """Close all connections."""
        if self._is_open:
            await self._pool.close()


async def _plan_once(connection: psycopg.AsyncConnection[Any]) -> None:
    """Let a connection plan the statement once, by its indexes; to plan it each time costs four times as much."""
    # Made while the tables were small, and good when they are large.
    for setting in ("plan_cache_mode = force_generic_plan", *(f"enable_{way} = off" for way in NOT_BY_INDEX)):
        await connection.execute(f"SET {setting}")


def _settle(future: asyncio.Future[Found], outcome: Found | Exception) -> None:
    if future.done():  # its caller has gone
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


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
    scopes: str
    expires_at_ms: int | None
    batch_id: str | None
    owner_id: str
    trans_no: str
    position: int
    file_name: str
    source_url: str | None
    md5: str
    pull_status: int
    cmd_status: int
    asset: str | None


ITEM = _Row._fields.index("file_name")
"""Where the columns of the job begin."""


_SQLITE = """
select key.account_id as key_account_id, key.sealed_secret, key.sealed_next_secret,
       key.scopes, key.expires_at_ms,
       batch.batch_id, batch.account_id, batch.trans_no, job.position,
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

# The same for each row of what is asked. `offset 0` keeps the planner from joining tables of which it knows too little.
_POSTGRES = """
select asked.number, found.*
from unnest(%(access_keys)s::text[], %(task_ids)s::text[], %(trans_nos)s::text[])
    with ordinality as asked(access_key, task_id, trans_no, number)
cross join lateral (LOOKUP offset 0) as found
order by asked.number, found.position
""".replace("LOOKUP", re.sub(r":(\w+)", r"asked.\1", _SQLITE))


def _key(rows: Sequence[_Row], access_key: str, open_sealed: Callable[[str], str]) -> LiveKey:
    first = rows[0]
    sealed = (first.sealed_secret, first.sealed_next_secret)
    secrets = tuple(open_sealed(secret) for secret in sealed if secret is not None)
    return LiveKey(
        access_key=access_key,
        account_id=first.account_id,
        secrets=secrets,
        scopes=read_scopes(first.scopes.split()),
        expires_at_ms=first.expires_at_ms,
    )


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
