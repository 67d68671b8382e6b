"""Looking through batches: lists with cursors, and the times of a job."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.database.connection import database_clock
from vodpull.errors import ParameterError
from vodpull.jobs.model import BatchView, Stage
from vodpull.jobs.rows import read_views
from vodpull.jobs.store import IS_KEPT

MAX_PAGE = 100

CURSOR_PATTERN = r"^([0-9]{13}[0-9a-f]{32})?$"
"""Time and id of the last batch of a page. Closed, so that every text that fits can be compared in the database."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which batches."""

    account_id: str | None
    """None: of every account, for operators."""
    trans_no: str | None = None
    is_final: bool | None = None
    """True: only completed ones; False: only those under way."""
    stage: Stage | None = None
    """Only those with a job in this stage."""
    text: str = ""
    """Only those whose id or transNo, or a job's id, file name or URL, has this in it; letter case does not count."""


@dataclass(frozen=True, kw_only=True)
class StageTime:
    """When an attempt of a job first reached a stage."""

    attempt: int
    stage: Stage
    at_ms: int


@dataclass(frozen=True, kw_only=True)
class ExecutorSeen:
    """A process that runs steps, as its heartbeat shows it."""

    executor_id: str
    version: str
    """Of the workflow bodies that it runs."""
    silent_s: float
    """Since its last beat, in seconds; one that stopped in order shows a very long silence."""


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
        query = sa.select(tables.batch).where(*_conditions(wanted))
        if cursor:
            query = query.where(sa.tuple_(batch.created_at_ms, batch.batch_id) < sa.tuple_(*_read_cursor(cursor)))
        most = min(limit, MAX_PAGE)
        query = query.order_by(batch.created_at_ms.desc(), batch.batch_id.desc()).limit(most + 1)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
            views = read_views(connection, rows[:most])
        last = rows[most - 1] if len(rows) > most else None
        return views, "" if last is None else _write_cursor(last["created_at_ms"], last["batch_id"])

    def executors(self) -> list[ExecutorSeen]:
        """Return the processes that share the database, by id, with their silence by the database's clock."""
        silent_s = database_clock(self._engine) - tables.executor.c.seen_at_s
        query = sa.select(tables.executor, silent_s.label("silent_s")).order_by(tables.executor.c.executor_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            ExecutorSeen(
                executor_id=row.executor_id, version=row.application_version, silent_s=max(0.0, float(row.silent_s))
            )
            for row in rows
        ]

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


def _conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    batch, job = tables.batch.c, tables.job.c
    mine = job.batch_id == batch.batch_id
    found: list[sa.ColumnElement[bool]] = [IS_KEPT]
    if wanted.account_id is not None:
        found.append(batch.account_id == wanted.account_id)
    if wanted.trans_no is not None:
        found.append(batch.trans_no == wanted.trans_no)
    if wanted.is_final is not None:
        found.append(batch.finished_at_ms.is_not(None) if wanted.is_final else batch.finished_at_ms.is_(None))
    if wanted.stage is not None:
        found.append(sa.exists().where(mine, job.stage == wanted.stage.value))
    if wanted.text:
        exact = (batch.batch_id == wanted.text, sa.exists().where(mine, job.job_id == wanted.text))
        parts = sa.or_(*(column.icontains(wanted.text, autoescape=True) for column in (job.file_name, job.source_url)))
        found.append(
            sa.or_(*exact, batch.trans_no.icontains(wanted.text, autoescape=True), sa.exists().where(mine, parts))
        )
    return found


_TIME_DIGITS = 13
"""Milliseconds have 13 digits until the year 2286."""


def _write_cursor(created_at_ms: int, batch_id: str) -> str:
    return f"{created_at_ms:0{_TIME_DIGITS}d}{batch_id}"


def _read_cursor(cursor: str) -> tuple[int, str]:
    if not re.fullmatch(CURSOR_PATTERN, cursor):
        raise ParameterError("cursor is not from a page of this list", field="cursor")
    return int(cursor[:_TIME_DIGITS]), cursor[_TIME_DIGITS:]
