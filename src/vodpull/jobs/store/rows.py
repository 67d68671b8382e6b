"""Batches and jobs as rows of the database, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from vodpull.database import tables
from vodpull.database.row_locks import lock_row
from vodpull.errors import Failure
from vodpull.jobs.model import Asset, Batch, BatchView, Job, NextTry, Sidecar
from vodpull.jobs.states_and_codes import FINAL_STAGES, Stage, VideoOrigin, WireStatus
from vodpull.jobs.store.job_refs import JobRef

IS_FINAL = tables.job.c.stage.in_([stage.value for stage in FINAL_STAGES])

IS_KEPT = tables.batch.c.deleted_at_ms.is_(None)
"""Not deleted: of a deleted batch a row stays for a day, which nobody is shown."""

_ASSET = TypeAdapter(Asset)
_FAILURE = TypeAdapter(Failure)
_NEXT_TRY = TypeAdapter(NextTry)
_SIDECARS = TypeAdapter(tuple[Sidecar, ...])


def read_view(connection: sa.Connection, which: sa.ColumnElement[bool]) -> BatchView | None:
    """Return the one batch that fits, with its jobs."""
    row = connection.execute(sa.select(tables.batch).where(which)).mappings().first()
    if row is None:
        return None
    return read_views(connection, [row])[0]


def read_views(
    connection: sa.Connection, batches: Sequence[Mapping[Any, Any]], *, without: frozenset[str] = frozenset()
) -> list[BatchView]:
    """
    Return the batches of these rows with their jobs, in the order of the rows; one statement for all of them.

    `without`: columns that are not read, but left as they are in a new job.
    """
    ids = [row["batch_id"] for row in batches]
    job = tables.job.c
    columns: list[sa.ColumnElement[Any]] = [column for column in job if column.name not in without | {"asset"}]
    if "asset" not in without:  # as text: read once, straight into what it becomes
        columns.append(sa.cast(job.asset, sa.Text).label("asset"))
    # In the order of the index: rows this wide are dear to sort.
    query = sa.select(*columns).where(job.batch_id.in_(ids)).order_by(job.batch_id, job.position)
    jobs: dict[str, list[Job]] = {batch_id: [] for batch_id in ids}
    for row in connection.execute(query).mappings().all() if ids else ():
        jobs[row["batch_id"]].append(job_of_row(row))
    return [BatchView(batch=batch_of(row), jobs=tuple(jobs[row["batch_id"]])) for row in batches]


_BATCH_BOOKKEEPING = frozenset({"access_key", "deleted_at_ms", "strict_trans_no", "swept_until_ms"})


def batch_of(row: Mapping[Any, Any]) -> Batch:
    """Return the batch of a row."""
    return Batch(**{name: value for name, value in row.items() if name not in _BATCH_BOOKKEEPING})


def job_row(job: Job) -> dict[str, Any]:
    """Return a job as its row."""
    row = asdict(job)
    return row | {
        "origin": int(job.origin),
        "stage": job.stage.value,
        "pull_status": job.pull_status.value,
        "cmd_status": job.cmd_status.value,
        "decisions": list(job.decisions),
        "captions": [asdict(sidecar) for sidecar in job.captions],
        "stored_bytes": 0,
        "archived_attempt": 0,
    }


_BOOKKEEPING = frozenset({"stored_bytes", "archived_attempt"})
"""Columns that speak of the store and not of the job."""


def job_of_row(row: Mapping[Any, Any]) -> Job:
    """Return the job of a row."""
    values = {name: value for name, value in row.items() if name not in _BOOKKEEPING}
    return Job(
        **values
        | {
            "origin": VideoOrigin(values["origin"]),
            "stage": Stage(values["stage"]),
            "pull_status": WireStatus(values["pull_status"]),
            "cmd_status": WireStatus(values["cmd_status"]),
            "failure": failure_of(values["failure"]),
            "asset": _asset(values.get("asset")),
            "decisions": tuple(values.get("decisions", ())),
            "captions": _SIDECARS.validate_python(values.get("captions", ())),
            "next_try": next_try_of(values["next_try"]),
        }
    )


def failure_of(value: object) -> Failure | None:
    """Return the failure of a column."""
    return None if value is None else _FAILURE.validate_python(value)


def next_try_of(value: object) -> NextTry | None:
    """Return the next try of a column."""
    return None if value is None else _NEXT_TRY.validate_python(value)


def _asset(value: Any) -> Asset | None:
    """Return the asset of a column, which may have been read as text."""
    if value is None:
        return None
    return _ASSET.validate_json(value) if isinstance(value, str) else _ASSET.validate_python(value)


def find_job_of(connection: sa.Connection, directory: str) -> tuple[Batch, Job] | None:
    """Return the job of a folder and its batch; None: there is none, or it was deleted."""
    mine = sa.and_(tables.job.c.directory == directory, tables.job.c.deleted_at_ms.is_(None))
    row = connection.execute(sa.select(tables.job).where(mine)).mappings().first()
    if row is None:
        return None
    query = sa.select(tables.batch).where(tables.batch.c.batch_id == row["batch_id"])
    return batch_of(connection.execute(query).mappings().one()), job_of_row(row)


def batch_id_of(job_id: str) -> sa.ScalarSelect[Any]:
    """Return a query of the batch of a job."""
    return sa.select(tables.job.c.batch_id).where(tables.job.c.job_id == job_id).scalar_subquery()


def live(ref: JobRef) -> sa.ColumnElement[bool]:
    """Return what holds for a job as long as this attempt of it is under way."""
    return sa.and_(tables.job.c.job_id == ref.job_id, tables.job.c.attempt == ref.attempt, ~IS_FINAL)


def lock_batch_of(connection: sa.Connection, job_id: str) -> None:
    """Lock the batch of a job until the transaction ends."""
    lock_row(connection, tables.batch.c.batch_id, batch_id_of(job_id))
