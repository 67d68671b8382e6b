"""What may go, on both databases."""

from __future__ import annotations

import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.stored import ASSET, FAILURE, VAULT, accept, finish

from vodpull.accounts.access_keys import Accounts
from vodpull.accounts.stored_bytes import used_bytes
from vodpull.database import tables
from vodpull.database.chore_turns import ChoreTurns
from vodpull.database.connection import open_database
from vodpull.database.ids import new_id
from vodpull.errors import Failure, NotAllowedNow
from vodpull.jobs import deletions
from vodpull.jobs.deletion_passes import PASSES_S
from vodpull.jobs.deletions import Deletions
from vodpull.jobs.kept_files import strangers
from vodpull.jobs.manifests.records import Records
from vodpull.jobs.model import BatchView, Job
from vodpull.jobs.notices.deliveries import Deliveries, DeliveryState, new_delivery
from vodpull.jobs.notices.events import Events, events_of
from vodpull.jobs.owned_files import Holdings
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.status.listing import Filter, Listing
from vodpull.jobs.status.lookups import Lookup
from vodpull.jobs.status.sqlite_reader import open_query_reader
from vodpull.jobs.store import next_attempt
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store

BATCH_TABLES = (tables.event, tables.job_stage, tables.job, tables.batch)
"""Children first."""


@pytest.fixture
def done(database: sa.Engine, store: Store) -> BatchView:
    """Return a batch of two done jobs."""
    view = accept(store, Accounts(database, VAULT))
    for job in view.jobs:
        finish(store, job, Outcome(asset=ASSET))
    return found(database, view)


def found(database: sa.Engine, view: BatchView) -> BatchView:
    again = Deletions(database).find(view.batch.batch_id)
    assert again is not None
    return again


def rows(database: sa.Engine) -> dict[str, int]:
    with database.connect() as connection:
        return {
            table.name: int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
            for table in (*BATCH_TABLES, tables.delivery, tables.delivery_attempt, tables.removal)
        }


async def test_a_deleted_batch_is_unknown_to_every_query(database: sa.Engine, store: Store, done: BatchView) -> None:
    batch = done.batch
    assert Deletions(database).delete(done)
    assert store.find_batch(batch.batch_id) is None
    reader = open_query_reader(database, VAULT)
    found = await reader.find(Lookup(Accounts(database, VAULT).create_key("alice").access_key, trans_no=batch.trans_no))
    await reader.close()
    assert found.key is not None
    assert found.batch is None
    assert Listing(database).page(Filter(account_id=None), limit=10) == ([], "")


def submit(store: Store, view: BatchView, *, unique: bool = True) -> bool:
    """Submit another batch with the same business id."""
    batch = replace(view.batch, batch_id=new_id(0))
    with store.transaction() as connection:
        empty = BatchView(batch=batch, jobs=tuple(_again(job, batch.batch_id) for job in view.jobs))
        return store.add_batch(connection, empty, access_key="AK", unique_trans_no=unique)


def _again(job: Job, batch_id: str) -> Job:
    return replace(job, job_id=new_id(0), batch_id=batch_id, directory=new_id(0))


def test_a_business_id_is_free_again_with_its_batch(database: sa.Engine, store: Store, done: BatchView) -> None:
    assert not submit(store, done)  # of a time without the rule
    assert submit(store, done, unique=False)
    keeper = Deletions(database)
    for batch_id in [row.batch_id for row in all_batches(database)]:
        view = keeper.find(batch_id)
        assert view is not None
        for job in view.jobs:
            finish(store, job, Outcome(failure=FAILURE))
        keeper.delete(view)
    assert submit(store, done)
    assert not submit(store, done)
    [strict] = [row for row in all_batches(database) if row.strict_trans_no]
    view = keeper.find(strict.batch_id)
    assert view is not None
    for job in view.jobs:
        finish(store, job, Outcome(failure=FAILURE))
    assert keeper.delete(view)
    assert submit(store, done)


def all_batches(database: sa.Engine) -> list[Any]:
    with database.connect() as connection:
        return list(connection.execute(sa.select(tables.batch)).all())


def test_of_many_with_one_business_id_at_the_same_moment_one_is_taken(store: Store, done: BatchView) -> None:
    view = replace(done, batch=replace(done.batch, trans_no="t2"))
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: submit(store, view), range(8)))
    assert sum(taken) == 1


def test_a_locked_batch_waits_for_its_lock(database: sa.Engine, store: Store) -> None:
    view = accept(store, Accounts(database, VAULT), jobs=1)
    ended = threading.Event()

    def finish_it() -> None:
        finish(store, view.jobs[0], Outcome(failure=FAILURE))
        ended.set()

    rival = threading.Thread(target=finish_it)
    with Deletions(database).batch_locked(view.batch.batch_id) as connection:
        rival.start()
        assert not ended.wait(0.5)
        [stage] = connection.scalars(sa.select(tables.job.c.stage)).all()
        assert stage == Stage.WAITING.value
    rival.join(timeout=30)
    assert ended.is_set()


def test_no_retry_begins_while_leftovers_go(database: sa.Engine, store: Store) -> None:
    view = accept(store, Accounts(database, VAULT), jobs=1)
    [job] = view.jobs
    finish(store, job, Outcome(failure=FAILURE))
    holdings = Holdings(database)

    def retry() -> JobRef | None:
        with store.transaction() as connection:
            return next_attempt.reset_job(connection, JobRef.of(job))

    with holdings.no_retry(view.batch.batch_id, for_s=60), pytest.raises(NotAllowedNow):
        retry()
    with pytest.raises(OSError, match="broke off"), holdings.no_retry(view.batch.batch_id, for_s=0.0):
        raise OSError("broke off")
    assert retry() == JobRef(job_id=job.job_id, attempt=2)


def test_a_deleted_job_stays_without_its_asset(database: sa.Engine, store: Store, done: BatchView) -> None:
    assert Deletions(database).delete(done, position=1)
    kept = store.find_batch(done.batch.batch_id)
    assert kept is not None
    assert [job.asset for job in kept.jobs] == [ASSET, None]
    assert [job.deleted_at_ms is None for job in kept.jobs] == [True, False]


def test_nothing_under_way_is_deleted(database: sa.Engine, store: Store) -> None:
    view = accept(store, Accounts(database, VAULT))
    assert not Deletions(database).delete(view)
    assert store.find_batch(view.batch.batch_id) == view


def test_a_deleted_job_is_not_retried(database: sa.Engine, store: Store) -> None:
    view = accept(store, Accounts(database, VAULT), jobs=1)
    [job] = view.jobs
    finish(store, job, Outcome(failure=FAILURE))
    assert Deletions(database).delete(view, position=0)
    with store.transaction() as connection:
        assert next_attempt.reset_job(connection, JobRef.of(job)) is None


def test_files_go_in_passes_and_the_rows_with_the_last(
    database: sa.Engine, store: Store, done: BatchView, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Deletions(database)
    with store.transaction() as connection:
        Events(database).add(connection, events_of(done, done.jobs[0]))
    keeper.delete(done)
    keeper.delete(done)  # again changes nothing
    for pass_s in PASSES_S:
        monkeypatch.setattr(deletions, "now_ms", partial(later, pass_s))
        due = keeper.due(limit=10)
        assert {removal.directory for removal in due} == {job.directory for job in done.jobs}
        for removal in due:
            keeper.passed(removal)
        assert keeper.due(limit=10) == []
    assert set(rows(database).values()) == {0}


def later(seconds: float) -> int:
    return int(1000 * (time.time() + seconds + 1))


def test_a_batch_stays_until_its_notification_is_through(
    database: sa.Engine, store: Store, done: BatchView, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, deliveries = Deletions(database), Deliveries(database)
    with store.transaction() as connection:
        deliveries.add(connection, new_delivery(done, job=None, body="x"))
    keeper.delete(done)
    monkeypatch.setattr(deletions, "now_ms", lambda: later(PASSES_S[-1]))
    for removal in keeper.due(limit=10):
        keeper.passed(removal)
    assert rows(database)["batch"] == 1
    with database.begin() as connection:
        connection.execute(sa.text("update delivery set state = :state"), {"state": DeliveryState.DELIVERED.value})
    monkeypatch.setattr(deletions, "now_ms", lambda: later(PASSES_S[-1] + 7200))
    for removal in keeper.due(limit=10):
        keeper.passed(removal)
    assert set(rows(database).values()) == {0}


def test_old_batches_expire_and_younger_ones_do_not(database: sa.Engine, done: BatchView) -> None:
    ended_ms = done.batch.finished_at_ms
    assert ended_ms is not None
    keeper = Deletions(database)
    assert keeper.expired(finished_before_ms=ended_ms, limit=10) == []
    assert keeper.expired(finished_before_ms=ended_ms + 1, limit=10) == [done]
    keeper.delete(done)
    assert keeper.expired(finished_before_ms=ended_ms + 1, limit=10) == []


def test_an_account_uses_what_its_jobs_have_stored(database: sa.Engine, done: BatchView) -> None:
    keeper, records = Deletions(database), Records(database)
    for record in records.unarchived(limit=10):
        records.archived(record, stored_bytes=1000)
    assert records.unarchived(limit=10) == []
    with database.connect() as connection:
        assert used_bytes(connection, done.batch.account_id) == 2000
        assert used_bytes(connection, "somebody else") == 0
    keeper.delete(done, position=0)
    with database.connect() as connection:
        assert used_bytes(connection, done.batch.account_id) == 1000


def test_a_job_holds_its_folder_until_it_was_given_up_long_ago(database: sa.Engine, store: Store) -> None:
    waiting, given_up = accept(store, Accounts(database, VAULT)).jobs
    store.record_pulled(JobRef.of(given_up), ASSET)
    finish(store, given_up, Outcome(failure=Failure(**vars(FAILURE))))
    names = [waiting.directory, given_up.directory, "f" * 32]
    fresh = Holdings(database).of(names, settled_before_ms=0)
    assert {name: holding.everything for name, holding in fresh.items()} == dict.fromkeys(names[:2], True)
    old = Holdings(database).of(names, settled_before_ms=later(0))
    assert old[waiting.directory].everything
    assert strangers(old[given_up.directory], [ASSET.files[0].key, "another"]) == ["another"]


def test_one_of_several_processes_does_a_chore(database: sa.Engine) -> None:
    turns = ChoreTurns(database)
    assert [turns.begin("sweep", every_s=60) for _ in range(3)] == [True, False, False]
    assert turns.begin("sweep", every_s=0)


def test_a_job_is_added_once_with_its_batch_and_its_end(database: sa.Engine, store: Store, done: BatchView) -> None:
    records = Records(database)
    [first, second] = records.unarchived(limit=10)
    with database.begin() as connection:
        for table in BATCH_TABLES:
            connection.execute(table.delete())
    assert records.add(first, account_id=first.batch.account_id, stored_bytes=5)
    assert records.add(replace(second, account="alice"), account_id=first.batch.account_id, stored_bytes=5)
    assert not records.add(first, account_id=first.batch.account_id, stored_bytes=5)
    again = store.find_batch(done.batch.batch_id)
    assert again is not None
    assert again.jobs == done.jobs
    assert again.batch.finished_at_ms == max(job.finished_at_ms or 0 for job in done.jobs)
    assert {job.stage for job in again.jobs} == {Stage.DONE}


def test_looking_for_news_does_not_read_every_job(tmp_path: Path, sqlite_with_tables: Path) -> None:
    engine = open_database(f"sqlite:///{shutil.copyfile(sqlite_with_tables, tmp_path / 'vodpull.db')}")
    asked: list[tuple[str, Any]] = []
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _k, text, values, *_: asked.append((text, values)))
    Records(engine).unarchived(limit=10)
    [(text, values)] = asked
    with engine.connect() as connection:
        [plan] = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
    engine.dispose()
    assert "USING INDEX ix_job_unarchived" in plan[3]


def test_one_of_all_processes_does_a_chore_and_another_one_follows(database: sa.Engine) -> None:
    one, other = ChoreTurns(database), ChoreTurns(database)
    is_shared = database.dialect.name != "sqlite"
    with (
        one.alone("often", every_s=0, most_s=60) as first,
        other.alone("often", every_s=0, most_s=60) as second,
    ):
        assert first
        assert second != is_shared, "on SQLite there is one process"
    with other.alone("often", every_s=0, most_s=60) as third:
        assert third
    with one.alone("often", every_s=60, most_s=60) as too_soon:
        assert too_soon != is_shared


def test_the_chore_of_a_process_that_died_is_done_after_a_while(database: sa.Engine) -> None:
    if database.dialect.name == "sqlite":
        return
    one, other = ChoreTurns(database), ChoreTurns(database)
    with one.alone("often", every_s=0, most_s=0.05):
        deadline_s = time.monotonic() + 10
        while not other.begin("often", every_s=0):
            assert time.monotonic() < deadline_s
