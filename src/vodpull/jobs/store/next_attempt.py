"""
How a job begins its next attempt: which may, what it keeps, and what is forgotten.

What an attempt is at its end says `final_statuses.py`; when a source is asked again, `jobs/source_retries.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import NotAllowedNow
from vodpull.jobs.model import NextTry, Sidecar
from vodpull.jobs.states_and_codes import EncodeState, Stage, WireStatus
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.rows import IS_FINAL, batch_id_of, job_of_row, live, lock_batch_of
from vodpull.jobs.store.video_rows import set_encode_state


def reset_job(connection: sa.Connection, ref: JobRef) -> JobRef | None:
    """
    Make a failed or cancelled attempt wait again as the next one; None when it is not one, or deleted.

    What is stored of it stays until something takes its place. The source is fetched again, unless the attempt
    encoded a stored original again.

    Raises:
        NotAllowedNow: what such attempts left in the store is being removed at this moment.
    """
    ended = tables.job.c.stage.in_([Stage.FAILED.value, Stage.CANCELLED.value])
    pull_status = sa.case((tables.job.c.template == "", WireStatus.RUNNING.value), else_=tables.job.c.pull_status)
    return _begin_again(connection, ref, which=ended, values={"pull_status": pull_status})


def encode_again(
    connection: sa.Connection, ref: JobRef, *, template: str, watermark: str = "", burn_in: str = ""
) -> JobRef | None:
    """
    Make a job whose original is stored wait as its next attempt, which encodes that by another template.

    What was made of it plays meanwhile. None when it is under way, deleted, or has no original.

    Raises:
        NotAllowedNow: as `reset_job`.
    """
    lock_batch_of(connection, ref.job_id)
    row = connection.execute(sa.select(tables.job).where(tables.job.c.job_id == ref.job_id)).mappings().one()
    asset = job_of_row(row).asset
    if asset is None or asset.original is None:
        return None
    if asset.playlist_key and not asset.attempt:  # of an older release: from now on they must be told apart
        asset = replace(asset, attempt=ref.attempt)
    pulled = sa.and_(IS_FINAL, tables.job.c.pull_status == WireStatus.SUCCEEDED.value)
    values = {"template": template, "watermark": watermark, "burn_in": burn_in, "asset": asdict(asset)}
    return _begin_again(connection, ref, which=pulled, values=values)


def replace_original(
    connection: sa.Connection,
    ref: JobRef,
    *,
    template: str,
    watermark: str,
    burn_in: str = "",
    captions: Sequence[Sidecar] = (),
) -> JobRef | None:
    """
    Make a job that is over wait as its next attempt, because its source is another one now; else None.

    Raises:
        NotAllowedNow: as `reset_job`.
    """
    values = {
        "pull_status": WireStatus.RUNNING.value,
        "template": template,
        "watermark": watermark,
        "burn_in": burn_in,
        "captions": [asdict(sidecar) for sidecar in captions],
        "received_bytes": 0,
    }
    return _begin_again(connection, ref, which=IS_FINAL, values=values)


def move_source(connection: sa.Connection, ref: JobRef, source_url: str) -> None:
    """Let the next attempt of a job fetch its source from elsewhere, whatever md5 it had."""
    mine = tables.job.c.job_id == ref.job_id
    connection.execute(tables.job.update().where(mine).values(source_url=source_url, md5=""))


def _begin_again(
    connection: sa.Connection, ref: JobRef, *, which: sa.ColumnElement[bool], values: Mapping[str, Any]
) -> JobRef | None:
    lock_batch_of(connection, ref.job_id)
    swept_until_ms = sa.select(tables.batch.c.swept_until_ms).where(tables.batch.c.batch_id == batch_id_of(ref.job_id))
    if (connection.scalar(swept_until_ms) or 0) > now_ms():
        raise NotAllowedNow("leftovers of this batch are being removed; retry it in a minute")
    fresh = {
        "attempt": ref.attempt + 1,
        "stage": Stage.WAITING.value,
        "stage_at_ms": now_ms(),
        "cmd_status": WireStatus.RUNNING.value,
        "failure": None,
        "decisions": [],
        "bytes_done": 0,
        "bytes_total": None,
        "percent": 0.0,
        "finished_at_ms": None,
        "next_try": None,
    }
    again = sa.and_(which, tables.job.c.deleted_at_ms.is_(None))
    mine = sa.and_(tables.job.c.job_id == ref.job_id, tables.job.c.attempt == ref.attempt, again)
    if connection.execute(tables.job.update().where(mine).values({**fresh, **values})).rowcount == 0:
        return None
    set_encode_state(connection, ref.job_id, EncodeState.ENCODING)
    connection.execute(
        tables.batch.update().where(tables.batch.c.batch_id == batch_id_of(ref.job_id)).values(finished_at_ms=None)
    )
    return JobRef(job_id=ref.job_id, attempt=ref.attempt + 1)


def postpone_job(connection: sa.Connection, ref: JobRef, next_try: NextTry) -> JobRef | None:
    """Make an attempt that is under way wait as the next one; None when it is over."""
    values = {
        "attempt": ref.attempt + 1,
        "stage": Stage.WAITING.value,
        "stage_at_ms": now_ms(),
        "percent": 0.0,
        "next_try": asdict(next_try),
    }
    if connection.execute(tables.job.update().where(live(ref)).values(values)).rowcount == 0:
        return None
    return JobRef(job_id=ref.job_id, attempt=ref.attempt + 1)
