"""Calls on videos that are carried out later: deletions, clips, joins, workflows; each transNo starts at most one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.errors import NotFound

RANDOM_BITS = 11


class DeferredKind(StrEnum):
    """What a task does; a transNo is unique in its account for each."""

    DELETE = "delete"
    WORKFLOW = "workflow"
    CLIP = "clip"
    JOIN = "join"


EDITS = frozenset({DeferredKind.CLIP, DeferredKind.JOIN})
"""What makes a new video of others."""


@dataclass(frozen=True, kw_only=True)
class DeferredCall:
    """One accepted call that is carried out afterwards."""

    task_id: int
    account_id: str
    kind: DeferredKind
    trans_no: str | None = None
    """The client's own id; None: it gave none."""
    subject: Mapping[str, Any]
    """What it is about, as its kind needs it."""
    notify_url: str = ""
    access_key: str = ""
    """Key of the call."""
    created_at_ms: int
    job_id: str | None = None
    """The job that carries it out; None: none does."""


def new_task_id(created_ms: int) -> int:
    """Return a fresh id: decimal on the wire, below 2^53, so that it is one number in every language."""
    return created_ms << RANDOM_BITS | secrets.randbelow(1 << RANDOM_BITS)


class DeferredCalls:
    """The tasks of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def begin(self, connection: sa.Connection, task: DeferredCall) -> bool:
        """Insert a task; False when the account has used its transNo for this kind before."""
        return insert_new(connection, tables.task, asdict(task) | {"kind": task.kind.value})

    def unfinished(self, kind: DeferredKind, *, limit: int) -> Sequence[DeferredCall]:
        """Return tasks that are not carried out yet, the oldest first."""
        task = tables.task.c
        query = sa.select(tables.task).where(task.finished_at_ms.is_(None), task.kind == kind.value)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(task.created_at_ms).limit(limit)).mappings().all()
        return [_task_of(row) for row in rows]

    def find(self, account_id: str, kind: DeferredKind, trans_no: str) -> DeferredCall:
        """
        Return the task that a transNo has started.

        Raises:
            NotFound: it has started none of this kind in this account.
        """
        task = tables.task.c
        mine = sa.and_(task.account_id == account_id, task.kind == kind.value, task.trans_no == trans_no)
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(tables.task).where(mine)).mappings().first()
        if row is None:
            raise NotFound("there is no such task", field="transNo")
        return _task_of(row)

    def edits_of(self, account_id: str, video_id: str) -> list[DeferredCall]:
        """Return the clips and joins that are under way and use a video."""
        task = tables.task.c
        kinds = task.kind.in_([kind.value for kind in EDITS])
        mine = sa.and_(task.account_id == account_id, kinds, task.finished_at_ms.is_(None))
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(tables.task).where(mine)).mappings().all()
        return [found for found in map(_task_of, rows) if video_id in found.subject["video_ids"]]

    def finish(self, connection: sa.Connection, task_id: int, *, outcome: str = "") -> bool:
        """Record that a task is carried out, and with which outcome; False when it was before."""
        mine = sa.and_(tables.task.c.task_id == task_id, tables.task.c.finished_at_ms.is_(None))
        if connection.execute(tables.task.update().where(mine).values(finished_at_ms=now_ms())).rowcount == 0:
            return False
        if outcome:
            own = tables.task.c.task_id == task_id
            subject = connection.scalar(sa.select(tables.task.c.subject).where(own)) or {}
            values = {"subject": subject | {"outcome": outcome}}
            connection.execute(tables.task.update().where(own).values(values))
        return True


def task_of_job(connection: sa.Connection, job_id: str) -> DeferredCall | None:
    """Return the task that a job carries out."""
    row = connection.execute(sa.select(tables.task).where(tables.task.c.job_id == job_id)).mappings().first()
    return None if row is None else _task_of(row)


def _task_of(row: Mapping[Any, Any]) -> DeferredCall:
    values = {name: value for name, value in row.items() if name != "finished_at_ms"}
    return DeferredCall(**values | {"kind": DeferredKind(row["kind"])})
