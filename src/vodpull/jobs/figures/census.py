"""How much there is of everything in one database: the figures that any process can tell of the whole installation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.connection import database_clock
from vodpull.jobs.notices.deliveries import DeliveryState
from vodpull.jobs.states_and_codes import Stage


@dataclass(frozen=True, kw_only=True)
class QueueLength:
    """What waits in one queue."""

    waiting: int = 0
    """Calls that no process has taken yet; those planned for later do not count."""
    oldest_s: float = 0.0
    """Since the oldest of them was queued, in seconds."""


@dataclass(frozen=True, kw_only=True)
class Census:
    """The figures of one moment. Every stage, state and queue is there, also with nothing in it."""

    jobs: Mapping[Stage, int]
    deliveries: Mapping[DeliveryState, int]
    oldest_pending_delivery_s: float
    """Age of the oldest notification that may still reach its receiver, in seconds; 0 when there is none."""
    queues: Mapping[str, QueueLength]
    executors: int
    """Processes that run steps and are alive."""


def take_census(database: sa.Engine, *, queues: Callable[[], Mapping[str, QueueLength]], alive_s: float) -> Census:
    """
    Count everything.

    `queues` measures those of the engine; a process that was silent for longer than `alive_s` does not count as alive.
    Walks indexes only, yet over every job there ever was: the caller keeps the answer for some seconds.
    """
    state = tables.delivery.c.state
    is_pending = state == DeliveryState.PENDING.value
    is_alive = tables.executor.c.seen_at_s >= database_clock(database) - alive_s
    with database.connect() as connection:
        jobs = _count_by(connection, tables.job.c.stage)
        deliveries = _count_by(connection, state)
        oldest_ms = connection.scalar(sa.select(sa.func.min(tables.delivery.c.created_at_ms)).where(is_pending))
        return Census(
            jobs={stage: jobs.get(stage.value, 0) for stage in Stage},
            deliveries={state: deliveries.get(state.value, 0) for state in DeliveryState},
            oldest_pending_delivery_s=_age_s(oldest_ms),
            queues=queues(),
            executors=int(connection.scalar(sa.select(sa.func.count()).where(is_alive)) or 0),
        )


def _count_by(connection: sa.Connection, column: sa.Column[str]) -> dict[str, int]:
    rows = connection.execute(sa.select(column, sa.func.count()).group_by(column))
    return {word: int(count) for word, count in rows}


def _age_s(since_ms: int | None) -> float:
    return 0.0 if since_ms is None else max(0.0, (now_ms() - since_ms) / 1000)
