"""Which processes run steps on this database, and for how long each has been silent."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.database.connection import database_clock


@dataclass(frozen=True, kw_only=True)
class ExecutorSeen:
    """A process that runs steps, as its heartbeat shows it."""

    executor_id: str
    version: str
    """Of the workflow bodies that it runs."""
    silent_s: float
    """Since its last beat, in seconds; one that stopped in order shows a very long silence."""


def read_executors(engine: sa.Engine) -> list[ExecutorSeen]:
    """Return the processes that share the database, by id, with their silence by the database's clock."""
    silent_s = database_clock(engine) - tables.executor.c.seen_at_s
    query = sa.select(tables.executor, silent_s.label("silent_s")).order_by(tables.executor.c.executor_id)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        ExecutorSeen(
            executor_id=row.executor_id, version=row.application_version, silent_s=max(0.0, float(row.silent_s))
        )
        for row in rows
    ]
