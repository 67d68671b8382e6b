from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, replace

import pytest
import sqlalchemy as sa
from tests.stored import VAULT, accepted

from vodpull.accounts.keys import Accounts, NewKey
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.jobs.model import Asset, Clarity, ServerType, StoredFile, WireStatus
from vodpull.jobs.status.query_reader import Lookup, QueryReader, open_query_reader
from vodpull.jobs.status.status_data import item_data

FILE = StoredFile(
    clarity=Clarity.ORIGINAL,
    server_type=ServerType.SOURCE,
    width_px=1920,
    height_px=1080,
    bitrate_bps=411_500,
    size_bytes=10,
    key="pullvideo/202311/d/影.mp4",
)


@pytest.fixture
async def reader(database: sa.Engine) -> AsyncIterator[QueryReader]:
    reader = open_query_reader(database, VAULT)
    yield reader
    await reader.close()


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


@pytest.mark.parametrize("text", ["", "\x00", "a\x00b", "%(x)s", "'; drop table job; --", "\ud800", "影" * 5000])
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


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_small_tables_are_read_by_their_indexes_too(database: sa.Engine, key: NewKey) -> None:
    view = accepted(database, key)
    database.dispose()  # a connection that ends has counted what it did
    before = _whole_reads(database)
    reader = open_query_reader(database, VAULT)
    for lookup in (Lookup(key.access_key, task_id=view.batch.batch_id), Lookup(key.access_key, trans_no="t")) * 8:
        assert (await reader.find(lookup)).batch is not None
    await reader.close()
    assert _whole_reads(database) == before


def _whole_reads(database: sa.Engine) -> dict[str, int]:
    """Return how often each table has been read from end to end, when nobody is connected any more."""
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with database.connect() as connection:
        while connection.scalar(sa.text(others)):
            connection.rollback()
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
