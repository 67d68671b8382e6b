"""What is asked for videos and takes a while: deletions, and workflows that a transNo starts once in its account."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.rows import insert_new

RANDOM_BITS = 11


class TaskKind(StrEnum):
    """What a task does; a transNo is unique in its account for each."""

    DELETE = "delete"
    WORKFLOW = "workflow"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One accepted call that is carried out afterwards."""

    task_id: int
    account_id: str
    kind: TaskKind
    trans_no: str | None = None
    """The client's own id; None: it gave none."""
    subject: Mapping[str, Any]
    """What it is about, as its kind needs it."""
    notify_url: str = ""
    access_key: str = ""
    """Key of the call."""
    created_at_ms: int


def new_task_id(created_ms: int) -> int:
    """Return a fresh id: decimal on the wire, below 2^53, so that it is one number in every language."""
    return created_ms << RANDOM_BITS | secrets.randbelow(1 << RANDOM_BITS)


class Tasks:
    """The tasks of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def begin(self, connection: sa.Connection, task: Task) -> bool:
        """Insert a task; False when the account has used its transNo for this kind before."""
        return insert_new(connection, tables.task, asdict(task) | {"kind": task.kind.value})

    def unfinished(self, kind: TaskKind, *, limit: int) -> Sequence[Task]:
        """Return tasks that are not carried out yet, the oldest first."""
        task = tables.task.c
        query = sa.select(tables.task).where(task.finished_at_ms.is_(None), task.kind == kind.value)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(task.created_at_ms).limit(limit)).mappings().all()
        return [
            Task(**{name: value for name, value in row.items() if name not in {"kind", "finished_at_ms"}}, kind=kind)
            for row in rows
        ]

    def finish(self, connection: sa.Connection, task_id: int) -> bool:
        """Record that a task is carried out; False when it was before."""
        mine = sa.and_(tables.task.c.task_id == task_id, tables.task.c.finished_at_ms.is_(None))
        return connection.execute(tables.task.update().where(mine).values(finished_at_ms=now_ms())).rowcount == 1
