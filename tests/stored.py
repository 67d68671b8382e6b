"""Batches and jobs as rows of a test's database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms
from vodpull.database.connection import open_database
from vodpull.database.ids import new_id
from vodpull.database.upgrade import upgrade
from vodpull.errors import Failure, Md5Mismatch
from vodpull.jobs.model import Asset, Batch, BatchView, Job, StoredFile
from vodpull.jobs.states_and_codes import Clarity, ServerType
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store

VAULT = Vault("a master key of a test")
ORIGINAL = StoredFile(
    clarity=Clarity.ORIGINAL,
    server_type=ServerType.SOURCE,
    width_px=640,
    height_px=360,
    bitrate_bps=412_000,
    size_bytes=5_384_542,
    key="pullvideo/202611/x/a.mp4",
)
ASSET = Asset(video_id="v" * 32, duration_s=105.2, files=(ORIGINAL,))
FAILURE = Failure.of(Md5Mismatch("expected a, got b"))


def accepted(
    database: sa.Engine,
    key: NewKey,
    *,
    jobs: int = 1,
    asset: Asset | None = None,
    accounts: Accounts | None = None,
    **fields: Any,
) -> BatchView:
    """Insert a batch of a key's account as intake does, its jobs waiting; all but the first have the asset."""
    live = (accounts or Accounts(database, VAULT)).find_live(key.access_key)
    assert live is not None
    values: dict[str, Any] = {"trans_no": "t", "template": "abr", "created_at_ms": now_ms()} | fields
    batch = Batch(batch_id=new_id(now_ms()), account_id=live.account_id, **values)
    made = tuple(
        Job(
            job_id=new_id(now_ms()),
            batch_id=batch.batch_id,
            position=position,
            file_name=f"影 {position}.mp4",
            source_url=f"http://o.test/{position}?token='\"",
            md5="",
            video_id=new_id(now_ms()),
            directory=new_id(now_ms()),
            asset=asset if position else None,
        )
        for position in range(jobs)
    )
    view = BatchView(batch=batch, jobs=made)
    store = Store(database)
    with store.transaction() as connection:
        store.add_batch(connection, view, access_key=key.access_key)
    return view


def accept(store: Store, accounts: Accounts, *, jobs: int = 2, trans_no: str = "t1") -> BatchView:
    """Insert a batch of a new key of `alice`, its jobs waiting."""
    made = accounts.create_key("alice")
    live = accounts.find_live(made.access_key)
    assert live is not None
    batch = Batch(batch_id=new_id(0), account_id=live.account_id, trans_no=trans_no, template="abr", created_at_ms=1)
    view = BatchView(
        batch=batch,
        jobs=tuple(
            Job(
                job_id=new_id(0),
                batch_id=batch.batch_id,
                position=position,
                file_name=f"文件{position}.mp4",
                source_url="http://origin.example.test/a.mp4?sig=1",
                md5="",
                video_id=new_id(0),
                directory=new_id(0),
            )
            for position in range(jobs)
        ),
    )
    with store.transaction() as connection:
        store.add_batch(connection, view, access_key=made.access_key)
    return view


def add_video(store: Store, view: BatchView, position: int = 0, **fields: Any) -> Job:
    """Store the original of a job, so that it is a video; `fields` are those of its asset."""
    job = view.jobs[position]
    store.record_pulled(JobRef.of(job), replace(ASSET, **{"video_id": job.video_id} | fields), encodes=False)
    return job


def finish(store: Store, job: Job, outcome: Outcome) -> BatchView | None:
    """End a job, and return its batch when that is final."""
    with store.transaction() as connection:
        return store.finish_job(connection, JobRef.of(job), outcome)


def older_database(url: str, revision: str) -> sa.Engine:
    """Return an empty database with the tables of an older revision; the caller disposes of it."""
    engine = open_database(url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        upgrade(connection, revision)
    return engine
