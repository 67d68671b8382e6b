"""The reader of status queries on PostgreSQL."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from vodpull.database.connection import NETWORK_LIMITS
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
from vodpull.jobs.status.postgres_link import Link, Rows, prepare

CONNECTIONS = 4
"""For status queries alone."""

ASKED_TOGETHER = 64
"""Most lookups of one statement."""

SLOW_S = 0.05
"""A statement takes less, unless something is wrong with its connection."""

PATIENCE_S = 5.0
"""So long does a status query wait before the caller is told that the database is away."""

NOT_BY_INDEX = ("seqscan", "hashjoin", "mergejoin")
"""What PostgreSQL would rather do with tables that are still small."""

# The state of the database as the statement sees it, and of what is asked the rows that this state may have changed.
# `offset 0` keeps the planner from joining tables of which it knows too little.
_READ = """
with now as materialized (select txid_current_snapshot()::text as mark)
select now.mark, found.*
from now left join lateral (
    select asked.number, row.* from (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::bool[])
            with ordinality as asked(access_key, task_id, trans_no, is_known, number)
        where not is_known or now.mark <> $5 offset 0
    ) as asked
    cross join lateral (LOOKUP offset 0) as row
) as found on true
order by found.number, found.position
""".replace("LOOKUP", re.sub(r":(\w+)", r"asked.\1", STATEMENT))


class PostgresQueryReader(QueryReader):
    """A few connections of their own; what is asked while a statement is under way goes into the next one together."""

    def __init__(self, url: str, open_sealed: Callable[[str], str]) -> None:
        self._open_sealed = open_sealed
        self._pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
            configure=self._begin,
            timeout=PATIENCE_S,
            kwargs={"autocommit": True, **NETWORK_LIMITS},
        )
        self._remembered = RememberedBatches()
        self._is_open = False
        self._idle: list[Link] = []
        self._waiting: dict[Lookup, list[Done]] = {}
        self._sweeps: set[asyncio.Task[None]] = set()
        self._under_way = 0
        """Sweeps that will still look for who waits."""
        self._begun_s = 0.0

    def ask(self, lookup: Lookup, done: Done) -> None:
        """Ask together with all others that come before the next statement."""
        self._waiting.setdefault(lookup, []).append(done)
        loop = asyncio.get_running_loop()
        # One that hangs holds up nobody who comes later, as long as there are connections.
        is_slow = loop.time() - self._begun_s > SLOW_S
        if not self._under_way or (is_slow and self._under_way < CONNECTIONS):
            self._begun_s = loop.time()
            self._under_way += 1
            sweep = loop.create_task(self._sweep())
            self._sweeps.add(sweep)
            sweep.add_done_callback(self._sweeps.discard)

    async def find(self, lookup: Lookup) -> FoundBatch:
        """
        Return what there is.

        Raises:
            psycopg.OperationalError: the database is away, or does not answer.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await super().find(lookup)
        except TimeoutError:
            raise PoolTimeout(f"there was no answer within {PATIENCE_S:.0f} s") from None

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

    async def _find_all(self, lookups: Sequence[Lookup]) -> Mapping[Lookup, FoundBatch] | Exception:
        """Return what there is of each, or why not; connections that were cut meanwhile are replaced."""
        outcome: Mapping[Lookup, FoundBatch] | Exception = PoolTimeout()
        for _ in range(CONNECTIONS + 1):
            try:
                outcome = await self._read(lookups)
            except Exception as error:  # noqa: BLE001 - whoever asked is told
                outcome = error
            if not isinstance(outcome, psycopg.OperationalError) or isinstance(outcome, PoolTimeout):
                break  # not a connection that was cut
        return outcome

    async def _read(self, lookups: Sequence[Lookup]) -> Mapping[Lookup, FoundBatch]:
        known = {lookup: found for lookup in lookups if (found := self._remembered.get(lookup)) is not None}
        mark = self._remembered.mark
        rows = await self._rows(_parameters(lookups, known, mark))
        now = rows[0][0]
        brought: dict[int, list[Sequence[Any]]] = defaultdict(list)
        for _, number, *row in rows:
            brought[number].append(row)
        self._remembered.go_on(now)
        if now != mark:
            known = {}
        return {
            lookup: known.get(lookup) or self._take(lookup, brought[number])
            for number, lookup in enumerate(lookups, start=1)
        }

    def _take(self, lookup: Lookup, rows: Sequence[Sequence[Any]]) -> FoundBatch:
        found = read_found(rows, lookup.access_key, self._open_sealed)
        self._remembered.keep(lookup, found)
        return found

    async def _rows(self, parameters: Sequence[str]) -> Rows:
        link = self._idle.pop() if self._idle else await self._open_link()
        try:
            rows = await link.ask(parameters)
        except BaseException:
            await self._give_back(link, is_sound=False)
            raise
        self._idle.append(link)
        return rows

    async def _open_link(self) -> Link:
        if not self._is_open:
            self._is_open = True
            await self._pool.open()
        return Link(await self._pool.getconn())

    async def _give_back(self, link: Link, *, is_sound: bool) -> None:
        link.end()
        if not is_sound:
            await link.connection.close()  # the pool opens another one in its place
        await self._pool.putconn(link.connection)

    async def _begin(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Let a connection plan the statement once, by indexes; to plan it each time costs four times as much."""
        # Made while the tables were small, and good when they are large.
        for setting in ("plan_cache_mode = force_generic_plan", *(f"enable_{way} = off" for way in NOT_BY_INDEX)):
            await connection.execute(f"SET {setting}")
        await prepare(connection, _READ)
        self._remembered.go_on("")  # it may lead to another server, whose states are called alike

    async def close(self) -> None:
        """Close all connections."""
        while self._idle:
            await self._give_back(self._idle.pop(), is_sound=True)
        if self._is_open:
            await self._pool.close()


def _parameters(lookups: Sequence[Lookup], known: Collection[Lookup], mark: str) -> Sequence[str]:
    """Return the parameters of the statement: a column of all lookups each, and the state in which some are known."""
    asked = [parameters_of(lookup) for lookup in lookups]
    columns = ([each[name] for each in asked] for name in Lookup._fields)
    are_known = ["true" if lookup in known else "false" for lookup in lookups]
    return (*map(_array, columns), _array(are_known), mark)


def _array(texts: Sequence[str]) -> str:
    """Write texts as PostgreSQL reads an array."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return '{"' + '","'.join(quoted) + '"}'
