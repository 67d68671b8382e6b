"""Looking through batches: lists with cursors, and the times of a job."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.errors import ParameterError
from vodpull.jobs import tables
from vodpull.jobs.model import BatchView, Stage
from vodpull.jobs.store import read_view

MAX_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which batches of an account."""

    account_id: str
    trans_no: str | None = None
    is_final: bool | None = None
    """True: only completed ones; False: only those under way."""


@dataclass(frozen=True, kw_only=True)
class StageTime:
    """When an attempt of a job first reached a stage."""

    attempt: int
    stage: Stage
    at_ms: int


class Listing:
    """Reads for people, of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def page(self, wanted: Filter, *, limit: int, cursor: str = "") -> tuple[list[BatchView], str]:
        """
        Return up to `limit` batches, newest first, and the cursor of the next page (empty after the last one).

        Raises:
            ParameterError: the cursor is not one of ours.
        """
        batch = tables.batch.c
        query = sa.select(batch.batch_id, batch.created_at_ms).where(batch.account_id == wanted.account_id)
        if wanted.trans_no is not None:
            query = query.where(batch.trans_no == wanted.trans_no)
        if wanted.is_final is not None:
            query = query.where(
                batch.finished_at_ms.is_not(None) if wanted.is_final else batch.finished_at_ms.is_(None)
            )
        if cursor:
            query = query.where(sa.tuple_(batch.created_at_ms, batch.batch_id) < sa.tuple_(*_read_cursor(cursor)))
        query = query.order_by(batch.created_at_ms.desc(), batch.batch_id.desc()).limit(min(limit, MAX_PAGE) + 1)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            views = [read_view(connection, batch.batch_id == row.batch_id) for row in rows[: min(limit, MAX_PAGE)]]
        more = len(rows) > len(views)
        last = rows[len(views) - 1] if more else None
        following = "" if last is None else _write_cursor(last.created_at_ms, last.batch_id)
        return [view for view in views if view is not None], following

    def timeline(self, batch_id: str) -> dict[str, list[StageTime]]:
        """Return the stage times of a batch's jobs by job id, in the order of time."""
        query = (
            sa.select(tables.job_stage)
            .join(tables.job)
            .where(tables.job.c.batch_id == batch_id)
            .order_by(tables.job_stage.c.attempt, tables.job_stage.c.at_ms)
        )
        times: dict[str, list[StageTime]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                time = StageTime(attempt=row.attempt, stage=Stage(row.stage), at_ms=row.at_ms)
                times.setdefault(row.job_id, []).append(time)
        return times


def _write_cursor(created_at_ms: int, batch_id: str) -> str:
    return base64.urlsafe_b64encode(f"{created_at_ms}.{batch_id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        created_at_ms, _, batch_id = text.partition(".")
        return int(created_at_ms), batch_id
    except (ValueError, binascii.Error) as error:
        raise ParameterError("cursor is not from a page of this list", field="cursor") from error
