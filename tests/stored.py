"""Batches and jobs as rows of a test's database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from vodpull.accounts.keys import Accounts, NewKey
from vodpull.accounts.vault import Vault
from vodpull.clock import now_ms
from vodpull.database.ids import new_id
from vodpull.jobs.model import Asset, Batch, BatchView, Job
from vodpull.jobs.store import Store

VAULT = Vault("a master key of a test")


def accepted(
    database: sa.Engine, key: NewKey, *, jobs: int = 1, asset: Asset | None = None, **fields: Any
) -> BatchView:
    """Insert a batch of a key's account as intake does, its jobs waiting; all but the first have the asset."""
    live = Accounts(database, VAULT).find_live(key.access_key)
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
