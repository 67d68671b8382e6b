"""Every query about batches and jobs. Plain functions over one connection pool: call them from a thread, not a loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from vodpull.clock import now_ms
from vodpull.errors import Failure
from vodpull.jobs import tables
from vodpull.jobs.model import FINAL_STAGES, Asset, Batch, BatchView, Job, Stage, WireStatus

_ASSET = TypeAdapter(Asset)
_FAILURE = TypeAdapter(Failure)
_IS_FINAL = tables.job.c.stage.in_([stage.value for stage in FINAL_STAGES])


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a job is, as shown to people; written often, never decided upon."""

    stage: Stage
    percent: float = 0.0
    """Of this stage, 0 to 100."""
    bytes_done: int | None = None
    """None leaves the stored figure."""
    bytes_total: int | None = None


class Store:
    """The batches and jobs of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Give a connection whose writes commit together when the block ends, or not at all."""
        with self.engine.begin() as connection:
            yield connection

    def add_batch(self, connection: sa.Connection, view: BatchView, *, access_key: str) -> None:
        """Insert an accepted batch and its jobs; the caller's transaction also starts their work."""
        connection.execute(tables.batch.insert().values(**asdict(view.batch), access_key=access_key))
        connection.execute(tables.job.insert(), [_job_row(job) for job in view.jobs])

    def trans_no_exists(self, connection: sa.Connection, account_id: str, trans_no: str) -> bool:
        """Return True when the account has used this business id before."""
        found = connection.execute(
            sa.select(tables.batch.c.batch_id).where(
                tables.batch.c.account_id == account_id, tables.batch.c.trans_no == trans_no
            )
        ).first()
        return found is not None

    def find_batch(self, batch_id: str) -> BatchView | None:
        """Return a batch of whichever account; the caller checks the owner."""
        with self.engine.connect() as connection:
            return _view(connection, tables.batch.c.batch_id == batch_id)

    def find_newest(self, account_id: str, trans_no: str) -> BatchView | None:
        """Return the account's newest batch with this business id."""
        with self.engine.connect() as connection:
            return _view(
                connection,
                sa.and_(tables.batch.c.account_id == account_id, tables.batch.c.trans_no == trans_no),
            )

    def find_job(self, job_id: str) -> tuple[Batch, Job]:
        """Return a job and its batch, as its workflow needs them. The job exists: its workflow began with it."""
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(tables.job).where(tables.job.c.job_id == job_id)).mappings().one()
            batch = (
                connection.execute(sa.select(tables.batch).where(tables.batch.c.batch_id == row["batch_id"]))
                .mappings()
                .one()
            )
        return _batch(batch), _job(row)

    def job_is_final(self, directory: str) -> bool:
        """Return True when the job of this folder is final or unknown, so that its work files are nobody's."""
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(_IS_FINAL).where(tables.job.c.directory == directory)).first()
        return row is None or bool(row[0])

    def update_progress(self, job_id: str, progress: Progress) -> None:
        """Record how far a job is; a final job is left as it is, so a late writer changes nothing."""
        values: dict[str, Any] = {"stage": progress.stage.value, "percent": round(progress.percent, 1)}
        if progress.bytes_done is not None:
            values |= {"bytes_done": progress.bytes_done, "bytes_total": progress.bytes_total}
        with self.engine.begin() as connection:
            connection.execute(tables.job.update().where(tables.job.c.job_id == job_id, ~_IS_FINAL).values(values))

    def record_pulled(self, job_id: str, asset: Asset) -> None:
        """Record that the original is stored and whole: `pullStatus` becomes 2."""
        with self.engine.begin() as connection:
            connection.execute(
                tables.job.update()
                .where(tables.job.c.job_id == job_id, ~_IS_FINAL)
                .values(pull_status=WireStatus.SUCCEEDED.value, asset=asdict(asset))
            )

    def record_decisions(self, job_id: str, decisions: list[dict[str, Any]]) -> None:
        """Record why each rung is in the ladder or not."""
        with self.engine.begin() as connection:
            connection.execute(tables.job.update().where(tables.job.c.job_id == job_id).values(decisions=decisions))

    def finish_job(
        self, connection: sa.Connection, job_id: str, *, asset: Asset | None = None, failure: Failure | None = None
    ) -> BatchView | None:
        """
        Make a job final, once: done with its asset, or failed with its failure.

        Returns the batch as it is afterwards, or None when the job was final before (a repeated step). The batch row
        is locked first, so exactly one of several jobs that end at the same moment sees that all are final.
        """
        batch_id = sa.select(tables.job.c.batch_id).where(tables.job.c.job_id == job_id).scalar_subquery()
        connection.execute(
            sa.select(tables.batch.c.batch_id).where(tables.batch.c.batch_id == batch_id).with_for_update()
        )
        changed = connection.execute(
            tables.job.update().where(tables.job.c.job_id == job_id, ~_IS_FINAL).values(_final_values(asset, failure))
        )
        if changed.rowcount == 0:
            return None
        view = _view(connection, tables.batch.c.batch_id == batch_id)
        if view is not None and view.is_final:
            connection.execute(
                tables.batch.update().where(tables.batch.c.batch_id == batch_id).values(finished_at_ms=now_ms())
            )
        return view


def _final_values(asset: Asset | None, failure: Failure | None) -> dict[str, Any]:
    values: dict[str, Any] = {"finished_at_ms": now_ms(), "percent": 100.0}
    if failure is None:
        values |= {"stage": Stage.DONE.value, "cmd_status": WireStatus.SUCCEEDED.value}
    else:
        pulled = tables.job.c.pull_status == WireStatus.SUCCEEDED.value
        values |= {
            "stage": Stage.FAILED.value,
            "failure": asdict(failure),
            "cmd_status": WireStatus.FAILED.value,
            # A source that was stored stays pulled: only the command failed (spec cloud-vod-fetch §5.2).
            "pull_status": sa.case((pulled, WireStatus.SUCCEEDED.value), else_=WireStatus.FAILED.value),
        }
    if asset is not None:
        values["asset"] = asdict(asset)
    return values


def _view(connection: sa.Connection, which: sa.ColumnElement[bool]) -> BatchView | None:
    newest = sa.select(tables.batch).where(which).order_by(tables.batch.c.created_at_ms.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    if row is None:
        return None
    jobs = connection.execute(
        sa.select(tables.job).where(tables.job.c.batch_id == row["batch_id"]).order_by(tables.job.c.position)
    ).mappings()
    return BatchView(batch=_batch(row), jobs=tuple(_job(job) for job in jobs))


def _batch(row: Mapping[Any, Any]) -> Batch:
    return Batch(**{name: value for name, value in row.items() if name != "access_key"})


def _job_row(job: Job) -> dict[str, Any]:
    row = asdict(job)
    return row | {
        "stage": job.stage.value,
        "pull_status": job.pull_status.value,
        "cmd_status": job.cmd_status.value,
        "decisions": list(job.decisions),
    }


def _job(row: Mapping[Any, Any]) -> Job:
    values = dict(row)
    return Job(
        **values
        | {
            "stage": Stage(values["stage"]),
            "pull_status": WireStatus(values["pull_status"]),
            "cmd_status": WireStatus(values["cmd_status"]),
            "failure": None if values["failure"] is None else _FAILURE.validate_python(values["failure"]),
            "asset": None if values["asset"] is None else _ASSET.validate_python(values["asset"]),
            "decisions": tuple(values["decisions"]),
        }
    )
