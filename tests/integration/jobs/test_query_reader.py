from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from tests.stored import ORIGINAL, VAULT, accepted
from tests.waiting import looks, until

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.jobs.model import Asset
from vodpull.jobs.states_and_codes import WireStatus
from vodpull.jobs.status import postgres_reader
from vodpull.jobs.status.lookups import FoundBatch, Lookup, QueryReader
from vodpull.jobs.status.sqlite_reader import open_query_reader
from vodpull.jobs.status.status_data import item_data

FILE = replace(ORIGINAL, bitrate_bps=411_500, key="pullvideo/202311/d/影.mp4")


@asynccontextmanager
async def reading(database: sa.Engine, vault: Vault = VAULT) -> AsyncIterator[QueryReader]:
    reader = open_query_reader(database, vault)
    try:
        yield reader
    finally:
        await reader.close()


@pytest.fixture
async def reader(database: sa.Engine) -> AsyncIterator[QueryReader]:
    async with reading(database) as reader:
        yield reader


ASSET = Asset(video_id="v", duration_s=1.5, files=(FILE,))


async def test_a_batch_is_read_as_the_store_knows_it(database: sa.Engine, reader: QueryReader, key: NewKey) -> None:
    view = accepted(database, key, jobs=3, asset=ASSET)
    found = await reader.find(Lookup(key.access_key, task_id=view.batch.batch_id))
    assert found.key == Accounts(database, VAULT).find_live(key.access_key)
    assert found.batch is not None
    assert [json.loads(item) for item in found.batch.items] == [item_data(job) for job in view.jobs]
    assert (found.batch.account_id, found.batch.trans_no, found.batch.status) == (view.batch.account_id, "t", 1)


async def test_the_newest_of_a_business_id_is_found_among_the_own(
    database: sa.Engine, reader: QueryReader, key: NewKey
) -> None:
    accepted(database, key)
    newest = accepted(database, key)
    with database.begin() as connection:
        later = tables.batch.update().where(tables.batch.c.batch_id == newest.batch.batch_id)
        connection.execute(later.values(created_at_ms=now_ms() + 1))
    found = await reader.find(Lookup(key.access_key, trans_no="t"))
    assert found.batch is not None
    assert found.batch.batch_id == newest.batch.batch_id
    other = Accounts(database, VAULT).create_key("other")
    assert (await reader.find(Lookup(other.access_key, trans_no="t"))).batch is None


async def test_what_changed_is_seen_by_the_next_query(database: sa.Engine, reader: QueryReader, key: NewKey) -> None:
    view = accepted(database, key, jobs=1)
    batch_id = view.batch.batch_id
    assert (await reader.find(Lookup(key.access_key, task_id=batch_id))).key is not None
    done = {"pull_status": WireStatus.SUCCEEDED.value, "cmd_status": WireStatus.SUCCEEDED.value}
    with database.begin() as connection:
        connection.execute(
            tables.job.update().values(**done, asset=asdict(Asset(video_id="v", duration_s=1, files=())))
        )
    found = (await reader.find(Lookup(key.access_key, task_id=batch_id))).batch
    assert found is not None
    assert found.status == 2
    expected = replace(
        view.jobs[0],
        pull_status=WireStatus.SUCCEEDED,
        cmd_status=WireStatus.SUCCEEDED,
        asset=Asset(video_id="v", duration_s=1, files=()),
    )
    assert json.loads(found.items[0]) == item_data(expected)
    with database.begin() as connection:
        connection.execute(tables.batch.update().values(deleted_at_ms=1))
    assert (await reader.find(Lookup(key.access_key, task_id=batch_id))).batch is None
    Accounts(database, VAULT).revoke_key(key.access_key)
    assert (await reader.find(Lookup(key.access_key, task_id=batch_id))).key is None


async def test_both_secrets_of_a_rotation_are_found(database: sa.Engine, reader: QueryReader, key: NewKey) -> None:
    fresh = Accounts(database, VAULT).rotate_key(key.access_key)
    found = (await reader.find(Lookup(key.access_key))).key
    assert found is not None
    assert found.secrets == (key.secret_key, fresh.secret_key)


@pytest.mark.parametrize(
    "text", ["", "\x00", "a\x00b", '"}{\\', "%(x)s", "'; drop table job; --", "\ud800", "影" * 5000]
)
async def test_any_text_may_be_asked_for(database: sa.Engine, reader: QueryReader, key: NewKey, text: str) -> None:
    accepted(database, key)
    assert (await reader.find(Lookup(text))).key is None
    assert (await reader.find(Lookup(key.access_key, task_id=text))).batch is None
    assert (await reader.find(Lookup(key.access_key, trans_no=text))).batch is None


async def test_a_connection_that_was_cut_is_replaced(database: sa.Engine, reader: QueryReader, key: NewKey) -> None:
    assert (await reader.find(Lookup(key.access_key))).key is not None
    if database.dialect.name == "postgresql":
        cut = (
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where pid <> pg_backend_pid() and query like '%access_key as key%'"
        )
        with database.begin() as connection:
            connection.execute(sa.text(cut))
    assert (await reader.find(Lookup(key.access_key))).key is not None


CHANGES = {
    "revoked": tables.access_key.update().values(revoked_at_ms=1),
    "finished": tables.job.update().values(pull_status=2, cmd_status=2),
    "deleted": tables.batch.update().values(deleted_at_ms=1),
    "removed": tables.job.delete(),
    "given away": tables.batch.update().values(
        account_id=sa.select(tables.account.c.account_id).where(tables.account.c.name == "other").scalar_subquery()
    ),
}


def seen(found: FoundBatch) -> str:
    """Return the change that a query saw; "": none."""
    batch = found.batch
    if found.key is None:
        return "revoked"
    if batch is None:
        return "deleted"
    if batch.account_id != found.key.account_id:
        return "given away"
    return ("finished" if batch.status == 2 else "") if batch.items else "removed"


@pytest.fixture
def lookup(database: sa.Engine, key: NewKey) -> Lookup:
    """Return what asks for a batch that is under way."""
    Accounts(database, VAULT).create_key("other")
    return Lookup(key.access_key, task_id=accepted(database, key, jobs=1).batch.batch_id)


@pytest.mark.parametrize("change", CHANGES)
async def test_what_was_committed_while_the_rows_came_is_seen_by_the_next_query(
    database: sa.Engine, lookup: Lookup, change: str
) -> None:
    async with reading(database, AfterRows(lambda: commit(database, change))) as reader:
        assert seen(await reader.find(lookup)) == ""
        assert seen(await reader.find(lookup)) == change


class AfterRows(Vault):
    """Opens the secret of a key, which is the first thing that a reader does with its rows, and does one thing more."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__("a master key of a test")
        self._then = then

    def open(self, sealed: str) -> str:
        self._then()
        return super().open(sealed)


def commit(database: sa.Engine, change: str) -> None:
    with database.begin() as connection:
        connection.execute(CHANGES[change])


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("change", CHANGES)
async def test_what_was_committed_between_mark_and_rows_is_seen_by_both_queries(
    database: sa.Engine, lookup: Lookup, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = [change]

    def before_rows(statement: str) -> None:
        if "from access_key" in statement and missing:
            commit(database, missing.pop())

    def connect(*where: Any, **how: Any) -> sqlite3.Connection:
        connection = sqlite3.Connection(*where, **how)
        connection.set_trace_callback(before_rows)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect)
    async with reading(database) as reader:
        for _ in range(2):
            assert seen(await reader.find(lookup)) == change
            assert not missing


@pytest.mark.parametrize("database_kind", ["postgres"])
@pytest.mark.parametrize("change", CHANGES)
async def test_what_began_before_another_commit_and_ended_after_it_is_seen(
    database: sa.Engine, reader: QueryReader, lookup: Lookup, change: str
) -> None:
    with database.connect() as early:
        early.execute(CHANGES[change])
        Accounts(database, VAULT).create_key("late")
        for _ in range(2):
            assert seen(await reader.find(lookup)) == ""
        early.commit()
        for _ in range(2):
            assert seen(await reader.find(lookup)) == change


async def test_nothing_is_read_again_without_a_commit(database: sa.Engine, reader: QueryReader, lookup: Lookup) -> None:
    # The server's own housekeeping commits, too, once in a while.
    pairs = [(await reader.find(lookup), await reader.find(lookup)) for _ in range(5)]
    assert any(first is second for first, second in pairs)
    Accounts(database, VAULT).create_key("late")
    assert await reader.find(lookup) is not pairs[-1][1]


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_a_connection_that_is_cut_while_it_is_asked_is_replaced(
    database: sa.Engine, reader: QueryReader, lookup: Lookup
) -> None:
    await reader.find(lookup)
    with database.connect() as holder, database.connect() as observer:
        holder.execute(sa.text("lock table job in access exclusive mode"))
        asked = asyncio.create_task(reader.find(lookup))
        first, *_ = await _held(observer)
        observer.execute(sa.text("select pg_terminate_backend(:pid)"), {"pid": first})
        while first in await _held(observer):
            pass
        holder.execute(CHANGES["finished"])
        holder.commit()
        assert seen(await asked) == "finished"


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_who_comes_when_all_connections_are_slow_is_answered_with_the_others(
    database: sa.Engine, reader: QueryReader, lookup: Lookup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_reader, "SLOW_S", -1.0)
    with database.connect() as holder, database.connect() as observer:
        for _ in looks(60):
            if _connections(observer) >= postgres_reader.CONNECTIONS:
                break
            asked = []
            for number in range(postgres_reader.CONNECTIONS):
                asked.append(asyncio.create_task(reader.find(lookup._replace(trans_no=str(number)))))
                await asyncio.sleep(0)
            await asyncio.gather(*asked)
        holder.execute(sa.text("lock table job in access exclusive mode"))
        asked = []
        for number in range(postgres_reader.CONNECTIONS):
            asked.append(asyncio.create_task(reader.find(lookup._replace(trans_no=str(number)))))
            await _held(observer, number + 1)
        asked += [asyncio.create_task(reader.find(lookup._replace(trans_no=f"late {number}"))) for number in range(3)]
        await asyncio.sleep(0)
        holder.commit()
        assert [seen(found) for found in await asyncio.gather(*asked)] == [""] * len(asked)


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_nobody_waits_for_ever_for_a_database_that_does_not_answer(
    database: sa.Engine, reader: QueryReader, lookup: Lookup, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reader.find(lookup)
    with database.connect() as holder:
        holder.execute(sa.text("lock table job in access exclusive mode"))
        monkeypatch.setattr(postgres_reader, "PATIENCE_S", 0.1)
        with pytest.raises(psycopg.OperationalError):
            await reader.find(lookup)
    monkeypatch.undo()
    assert seen(await reader.find(lookup)) == ""


def _connections(observer: sa.Connection) -> int:
    """Return how many connections of a reader there are."""
    observer.rollback()
    theirs = "select count(*) from pg_stat_activity where datname = current_database() and query like :query"
    return int(observer.scalar(sa.text(theirs), {"query": "%access_key as key%"}) or 0)


async def _held(observer: sa.Connection, count: int = 1) -> Collection[int]:
    """Return the processes that wait for the lock, as soon as there are so many: one that is just begun waits, too."""
    async with asyncio.timeout(15):
        while True:
            observer.rollback()
            pids = observer.scalars(sa.text("select distinct pid from pg_locks where not granted")).all()
            if len(pids) >= count:
                return pids
            await asyncio.sleep(0.001)


async def test_more_may_be_asked_than_a_socket_takes_at_once(
    database: sa.Engine, reader: QueryReader, lookup: Lookup
) -> None:
    large = [Lookup(lookup.access_key, task_id=f"{number}{'x' * 200_000}") for number in range(63)]
    found = await asyncio.gather(*map(reader.find, (*large, lookup)))
    assert [each.batch is not None for each in found] == [False] * 63 + [True]


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_small_tables_are_read_by_their_indexes_too(database: sa.Engine, key: NewKey) -> None:
    view = accepted(database, key)
    database.dispose()  # a connection that ends has counted what it did
    before = _whole_reads(database)
    async with reading(database) as reader:
        for lookup in (Lookup(key.access_key, task_id=view.batch.batch_id), Lookup(key.access_key, trans_no="t")) * 8:
            assert (await reader.find(lookup)).batch is not None
    assert _whole_reads(database) == before


def _whole_reads(database: sa.Engine) -> dict[str, int]:
    """Return how often each table has been read from end to end, when nobody is connected any more."""
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with database.connect() as connection:

        def alone() -> bool:
            connection.rollback()
            return not connection.scalar(sa.text(others))

        until(alone)
        counts = connection.execute(sa.text("select relname, seq_scan from pg_stat_user_tables"))
        return {row.relname: row.seq_scan for row in counts}


async def test_many_are_asked_together_and_each_gets_its_own(
    database: sa.Engine, reader: QueryReader, key: NewKey
) -> None:
    other = Accounts(database, VAULT).create_key("other")
    views = [accepted(database, key, jobs=1 + n % 2, trans_no=f"t{n}") for n in range(70)]
    lookups = [Lookup(key.access_key, task_id=view.batch.batch_id) for view in views]
    strangers = [Lookup(other.access_key, trans_no="t1"), Lookup("nobody"), Lookup(key.access_key, trans_no="t69")]
    found = await asyncio.gather(*map(reader.find, (*lookups, *strangers, lookups[0])))
    assert [each.batch and each.batch.batch_id for each in found] == [
        *(view.batch.batch_id for view in views),
        None,
        None,
        views[69].batch.batch_id,
        views[0].batch.batch_id,
    ]
    assert [len(each.batch.items) for each in found if each.batch] == [*(1 + n % 2 for n in range(70)), 2, 1]
    assert [each.key is not None for each in found] == [True] * 71 + [False] + [True] * 2
