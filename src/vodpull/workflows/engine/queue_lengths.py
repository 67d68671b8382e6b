"""What waits in the engine's queues, for the figures of the installation."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.jobs.figures.census import QueueLength


def measure_queues(database: sa.Engine, names: Collection[str]) -> dict[str, QueueLength]:
    """Read the engine's own table as it is: its library has no question for this that does not load every row."""
    schema = "dbos" if database.dialect.name == "postgresql" else None
    calls = sa.table(
        "workflow_status", sa.column("queue_name"), sa.column("status"), sa.column("created_at"), schema=schema
    )
    name = calls.c.queue_name
    waiting = sa.and_(name.in_(names), calls.c.status == "ENQUEUED")
    query = sa.select(name, sa.func.count(), sa.func.min(calls.c.created_at)).where(waiting).group_by(name)
    now = now_ms()
    with database.connect() as connection:
        found = {
            queue: QueueLength(waiting=int(count), oldest_s=max(0.0, (now - oldest_ms) / 1000))
            for queue, count, oldest_ms in connection.execute(query)
        }
    return dict.fromkeys(names, QueueLength()) | found
