"""Looking through batches: lists with cursors, and the times of a job."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.jobs.cursors import read_cursor, write_cursor
from vodpull.jobs.model import BatchView
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.status.list_columns import BriefBatch, read_briefs
from vodpull.jobs.store.rows import IS_KEPT, read_views
from vodpull.wire_values import ID_PATTERN

MAX_PAGE = 100

SEARCHED = 1000
"""Batches that one page of a search looks through: with ten jobs each, some hundredths of a second."""

FEW = 5000
"""Jobs in a stage that are looked up one by one."""

ID = re.compile(ID_PATTERN)

_NOT_LISTED = frozenset({"asset", "decisions"})
"""What the console's list does not tell of a job."""


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


_PLACE = (tables.batch.c.created_at_ms, tables.batch.c.batch_id)
_Row = Mapping[Any, Any]
_Rows = Sequence[_Row]


class Listing:
    """Reads for people, of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def page(self, wanted: Filter, *, limit: int, cursor: str = "") -> tuple[list[BatchView], str]:
        """
        Return up to `limit` batches, newest first, and the cursor of the next page (empty after the last one).

        A page of a search looks through so many batches and no more: it may hold few or none, and still have a cursor.
        Jobs have no asset and no decisions.

        Raises:
            ParameterError: the cursor is not one of ours.
        """
        with self._engine.connect() as connection:
            rows, following = self._rows(connection, wanted, limit=limit, cursor=cursor)
            return read_views(connection, rows, without=_NOT_LISTED), following

    def briefs(self, wanted: Filter, *, limit: int, cursor: str = "") -> tuple[list[BriefBatch], str]:
        """Return the same as lists of the API tell of it."""
        with self._engine.connect() as connection:
            rows, following = self._rows(connection, wanted, limit=limit, cursor=cursor)
            return read_briefs(connection, rows), following

    def _rows(self, connection: sa.Connection, wanted: Filter, *, limit: int, cursor: str) -> tuple[_Rows, str]:
        query = sa.select(tables.batch).where(*_conditions(wanted)).order_by(*(part.desc() for part in _PLACE))
        if cursor:
            query = query.where(sa.tuple_(*_PLACE) < sa.tuple_(*read_cursor(cursor)))
        most = min(limit, MAX_PAGE)
        if wanted.stage is not None:
            query = query.where(_has_stage(connection, wanted.stage))
        rows, end = self._found(connection, query, text=wanted.text, most=most)
        last = rows[most - 1] if len(rows) > most else end
        return rows[:most], "" if last is None else write_cursor(last["created_at_ms"], last["batch_id"])

    @staticmethod
    def _found(connection: sa.Connection, query: sa.Select[Any], *, text: str, most: int) -> tuple[_Rows, _Row | None]:
        """Return rows of the next page, one more if there is one, and the last one that was looked at of more."""
        end = None
        if ID.fullmatch(text):
            rows = connection.execute(query.where(_has_id(text)).limit(most + 1)).mappings().all()
            if rows:
                return rows, None
        if text:
            end = connection.execute(query.offset(SEARCHED - 1).limit(1)).mappings().first()
            if end is not None:
                query = query.where(sa.tuple_(*_PLACE) >= sa.tuple_(end["created_at_ms"], end["batch_id"]))
            query = query.where(_has_text(text))
        return connection.execute(query.limit(most + 1)).mappings().all(), end

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
    batch = tables.batch.c
    found: list[sa.ColumnElement[bool]] = [IS_KEPT]
    if wanted.account_id is not None:
        found.append(batch.account_id == wanted.account_id)
    if wanted.trans_no is not None:
        found.append(batch.trans_no == wanted.trans_no)
    if wanted.is_final is not None:
        found.append(batch.finished_at_ms.is_not(None) if wanted.is_final else batch.finished_at_ms.is_(None))
    return found


def _has_stage(connection: sa.Connection, stage: Stage) -> sa.ColumnElement[bool]:
    """Return the condition that finds such batches sooner: from few jobs, or from the newest of many batches."""
    jobs = sa.select(tables.job.c.batch_id).where(tables.job.c.stage == stage.value)
    counted = connection.scalar(sa.select(sa.func.count()).select_from(jobs.limit(FEW).subquery()))
    if counted is not None and counted < FEW:
        return tables.batch.c.batch_id.in_(jobs)
    return sa.exists().where(tables.job.c.batch_id == tables.batch.c.batch_id, tables.job.c.stage == stage.value)


def _has_id(text: str) -> sa.ColumnElement[bool]:
    of_job = sa.select(tables.job.c.batch_id).where(tables.job.c.job_id == text)
    return tables.batch.c.batch_id.in_(sa.union_all(sa.select(sa.literal(text)), of_job))


def _has_text(text: str) -> sa.ColumnElement[bool]:
    job = tables.job.c
    parts = sa.or_(*(column.icontains(text, autoescape=True) for column in (job.file_name, job.source_url)))
    within = sa.exists().where(job.batch_id == tables.batch.c.batch_id, parts)
    return sa.or_(tables.batch.c.trans_no.icontains(text, autoescape=True), within)
