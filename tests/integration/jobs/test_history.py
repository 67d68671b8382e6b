"""The history on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.stored import ORIGINAL, VAULT

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.database import tables
from vodpull.database.ids import new_id
from vodpull.jobs.figures.history import History, read_history
from vodpull.jobs.model import Asset, Batch, BatchView, Job
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.store import Store

NOW_MS = 1_700_000_040_000
"""A whole minute."""


LARGE = replace(ORIGINAL, size_bytes=8_000_000_000)


@pytest.fixture(autouse=True)
def alice(accounts: Accounts) -> NewKey:
    return accounts.create_key("alice")


def add(database: sa.Engine, *, created: int, finished: int | None = None, **stages: int) -> None:
    """Insert a job of 8 GB and 30 s; times are minutes before now."""
    account_id = Accounts(database, VAULT).account_named("alice")
    batch = Batch(batch_id=new_id(0), account_id=account_id, trans_no="t", template="abr", created_at_ms=at(created))
    job = Job(
        job_id=new_id(0),
        batch_id=batch.batch_id,
        position=0,
        file_name="a.mp4",
        source_url="http://origin.test/a.mp4",
        md5="",
        video_id=new_id(0),
        directory=new_id(0),
        asset=Asset(video_id="v", duration_s=30.0, files=(LARGE,)),
        created_at_ms=batch.created_at_ms,
        finished_at_ms=None if finished is None else at(finished),
    )
    batch = replace(batch, finished_at_ms=job.finished_at_ms)
    store = Store(database)
    with store.transaction() as connection:
        store.add_batch(connection, BatchView(batch=batch, jobs=(job,)), access_key="AK")
        for stage, minutes in stages.items():
            row = {"job_id": job.job_id, "attempt": 1, "stage": Stage(stage).value, "at_ms": at(minutes)}
            connection.execute(tables.job_stage.insert().values(row))


def at(minutes: int) -> int:
    return NOW_MS - 60_000 * minutes


def read(database: sa.Engine) -> History:
    return read_history(database, until_ms=NOW_MS, slice_s=60, slices=5)


def test_an_empty_installation_has_a_flat_history(database: sa.Engine) -> None:
    history = read(database)
    assert history.starts_s == tuple(at(minutes) // 1000 for minutes in (4, 3, 2, 1, 0))
    assert (sum(history.fetched_bytes_per_s), history.backlog) == (0, (0,) * 5)
    assert history.realtime_factor == (None,) * 5


def test_the_backlog_counts_what_was_there_before(database: sa.Engine) -> None:
    add(database, created=100)
    add(database, created=90, finished=80)
    add(database, created=9, finished=2)
    add(database, created=3, finished=1)
    add(database, created=1)
    assert read(database).backlog == (2, 3, 2, 2, 2)


def test_bytes_count_when_they_are_whole_and_encodes_when_they_end(database: sa.Engine) -> None:
    add(database, created=9, finished=0, fetch=9, probe=3, encode=2, package=1)
    add(database, created=9, finished=0, fetch=9, probe=3, encode=3, package=1)
    add(database, created=9, finished=0, fetch=9, probe=8, encode=7, package=6)
    history = read(database)
    assert list(history.fetched_bytes_per_s) == [0, 266_666_666.7, 0, 0, 0]
    assert history.realtime_factor[3] == pytest.approx(60 / 180)
    assert history.realtime_factor.count(None) == 4
