"""
The rows of deleted batches and jobs: what deletes them, and whose files are to go.

When those go: `deletion_passes.py`; who removes them: `workflows/requests/batch_deletion.py`. What is too old:
`workflows/upkeep/batch_retention.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new, lock_row
from vodpull.jobs.deletion_passes import next_pass_ms
from vodpull.jobs.model import BatchView
from vodpull.jobs.notices.deliveries import DeliveryState
from vodpull.jobs.notices.events import EventKind, add_video_event
from vodpull.jobs.store.rows import IS_FINAL, IS_KEPT, read_view
from vodpull.jobs.store.unique_trans_no import SET_FREE
from vodpull.jobs.store.video_rows import forget_videos

WAIT_FOR_NEWS_MS = 3_600_000
"""A deleted batch whose notification is still on its way is looked at again after this."""


@dataclass(frozen=True, kw_only=True)
class Removal:
    """The files of one deleted job, to be removed."""

    directory: str
    batch_id: str
    created_at_ms: int
    """Of the job: its month is part of the folder's key."""
    asked_at_ms: int


class Deletions:
    """The deletions of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def find(self, batch_id: str) -> BatchView | None:
        """Return a batch, a deleted one too as long as its rows are there."""
        with self._engine.connect() as connection:
            return read_view(connection, tables.batch.c.batch_id == batch_id)

    def find_of(self, job_id: str) -> BatchView | None:
        """Return the batch of a job, as `find` does."""
        batch_id = sa.select(tables.job.c.batch_id).where(tables.job.c.job_id == job_id).scalar_subquery()
        with self._engine.connect() as connection:
            return read_view(connection, tables.batch.c.batch_id == batch_id)

    def delete(self, view: BatchView, *, position: int | None = None) -> bool:
        """
        Delete a batch, or its one job at a position, and plan the removal of the files; once is as good as twice.

        Returns False, and changes nothing, while one of these jobs is under way.
        """
        job, batch_id, now = tables.job, view.batch.batch_id, now_ms()
        mine = job.c.batch_id == batch_id if position is None else _at(batch_id, position)
        with self.batch_locked(batch_id) as connection:
            if connection.execute(sa.select(job.c.job_id).where(mine, ~IS_FINAL).limit(1)).first() is not None:
                return False
            if position is None:
                which = sa.and_(tables.batch.c.batch_id == batch_id, IS_KEPT)
                connection.execute(tables.batch.update().where(which).values(SET_FREE | {"deleted_at_ms": now}))
            gone = {"deleted_at_ms": now, "asset": None, "stored_bytes": 0, "archived_attempt": job.c.attempt}
            fresh = connection.execute(
                job.update().where(mine, job.c.deleted_at_ms.is_(None)).values(gone).returning(job.c.directory)
            ).scalars()
            gone_videos = set(forget_videos(connection, mine))
            for each in view.jobs:
                if each.video_id in gone_videos:
                    add_video_event(connection, EventKind.VIDEO_DELETED, each, account_id=view.batch.account_id)
            planned = set(fresh) | ({job.directory for job in view.jobs} if position is None else set())
            for each in view.jobs:
                if each.directory in planned:
                    insert_new(connection, tables.removal, _first_pass(each.directory, batch_id, each.created_at_ms))
        return True

    @contextmanager
    def batch_locked(self, batch_id: str) -> Iterator[sa.Connection]:
        """
        Give a transaction in which no job of the batch ends or is retried until the block ends.

        On SQLite nothing at all is written meanwhile: keep it short, and never wait in it.
        """
        with self._engine.begin() as connection:
            lock_row(connection, tables.batch.c.batch_id, batch_id)
            yield connection

    def due(self, *, limit: int, batch_id: str | None = None) -> list[Removal]:
        """Return removals whose next pass is due, the oldest first; with a batch only its own."""
        removal = tables.removal.c
        mine = sa.true() if batch_id is None else removal.batch_id == batch_id
        query = sa.select(tables.removal).where(mine, removal.due_at_ms <= now_ms()).order_by(removal.due_at_ms)
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit)).mappings().all()
        return [Removal(**{name: value for name, value in row.items() if name != "due_at_ms"}) for row in rows]

    def passed(self, removal: Removal) -> None:
        """Plan the next pass of a removal; after the last one forget it, and a deleted batch with its last removal."""
        following = next_pass_ms(removal.asked_at_ms, now_ms=now_ms())
        mine = tables.removal.c.directory == removal.directory
        with self.batch_locked(removal.batch_id) as connection:
            if following is None and _has_news(connection, removal.batch_id):
                following = now_ms() + WAIT_FOR_NEWS_MS
            if following is not None:
                connection.execute(tables.removal.update().where(mine).values(due_at_ms=following))
                return
            connection.execute(tables.removal.delete().where(mine))
            _forget_batch(connection, removal.batch_id)

    def expired(self, *, finished_before_ms: int, limit: int) -> list[BatchView]:
        """Return batches that ended before a time, the oldest first."""
        batch = tables.batch.c
        query = sa.select(batch.batch_id).where(IS_KEPT, batch.finished_at_ms < finished_before_ms)
        with self._engine.connect() as connection:
            ids = connection.scalars(query.order_by(batch.finished_at_ms).limit(limit)).all()
            views = [read_view(connection, batch.batch_id == batch_id) for batch_id in ids]
        return [view for view in views if view is not None]


def _at(batch_id: str, position: int) -> sa.ColumnElement[bool]:
    return sa.and_(tables.job.c.batch_id == batch_id, tables.job.c.position == position)


def _first_pass(directory: str, batch_id: str, created_at_ms: int) -> dict[str, object]:
    now = now_ms()
    removal = Removal(directory=directory, batch_id=batch_id, created_at_ms=created_at_ms, asked_at_ms=now)
    return asdict(removal) | {"due_at_ms": now}


def _has_news(connection: sa.Connection, batch_id: str) -> bool:
    delivery = tables.delivery.c
    pending = sa.and_(delivery.batch_id == batch_id, delivery.state == DeliveryState.PENDING.value)
    return connection.execute(sa.select(delivery.delivery_id).where(pending).limit(1)).first() is not None


def _forget_batch(connection: sa.Connection, batch_id: str) -> None:
    """Delete the rows of a deleted batch, unless files of it are still to be removed."""
    waiting = sa.exists().where(tables.removal.c.batch_id == batch_id)
    gone = sa.select(tables.batch.c.batch_id).where(tables.batch.c.batch_id == batch_id, ~IS_KEPT, ~waiting)
    if connection.execute(gone).first() is None:
        return
    jobs = sa.select(tables.job.c.job_id).where(tables.job.c.batch_id == batch_id)
    deliveries = sa.select(tables.delivery.c.delivery_id).where(tables.delivery.c.batch_id == batch_id)
    connection.execute(tables.delivery_attempt.delete().where(tables.delivery_attempt.c.delivery_id.in_(deliveries)))
    connection.execute(tables.job_stage.delete().where(tables.job_stage.c.job_id.in_(jobs)))
    for table in (tables.delivery, tables.event, tables.job, tables.batch):
        connection.execute(table.delete().where(table.c.batch_id == batch_id))
