"""
Which files of the store are owned by a job, and how its retry is kept off while others are swept.

Which of their files jobs keep is decided in `kept_files.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import lock_row
from vodpull.jobs.model import Asset, Job
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.caption_rows import caption_folders
from vodpull.jobs.store.content_keys import drop_other_keys
from vodpull.jobs.store.replaced_files import due_folders, forget_due
from vodpull.jobs.store.rows import IS_FINAL, job_of_row


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What a job may have in the store."""

    batch_id: str
    asset: Asset | None = None
    """What it keeps of the files in its folder; None: nothing."""
    everything: bool = False
    """It keeps all of them, because it is done, or under way and still writing."""
    captions: frozenset[str] = frozenset()
    """Folders of its captions, in the folder of all of them."""


class Holdings:
    """What the jobs of one database hold."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def no_retry(self, batch_id: str, *, for_s: float) -> Iterator[None]:
        """Let no job of a batch be retried until the block ends, or for so long when it does not end well."""
        batch = tables.batch
        mine = batch.c.batch_id == batch_id
        with self._engine.begin() as connection:
            lock_row(connection, batch.c.batch_id, batch_id)
            connection.execute(batch.update().where(mine).values(swept_until_ms=now_ms() + int(1000 * for_s)))
        yield
        with self._engine.begin() as connection:
            connection.execute(batch.update().where(mine).values(swept_until_ms=None))

    def knows_jobs(self) -> bool:
        """Return False when the database is as good as new."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(tables.job.c.job_id).limit(1)).first() is not None

    def of(self, directories: Collection[str], *, settled_before_ms: int) -> dict[str, Holding]:
        """
        Return what the jobs of these directories may have stored; a directory without a job is not in it.

        A job that failed or was cancelled before `settled_before_ms` holds only the files of its asset.
        """
        job = tables.job.c
        query = sa.select(tables.job).where(job.directory.in_(directories))
        with self._engine.connect() as connection:
            jobs = [job_of_row(row) for row in connection.execute(query).mappings().all()]
            texts = caption_folders(connection, [each.video_id for each in jobs])
        found = {}
        for each in jobs:
            gave_up = each.stage in {Stage.FAILED, Stage.CANCELLED}
            settled = gave_up and (each.finished_at_ms or 0) < settled_before_ms
            found[each.directory] = Holding(
                batch_id=each.batch_id, asset=each.asset, everything=not settled, captions=texts[each.video_id]
            )
        return found

    def superseded(self, *, limit: int) -> list[str]:
        """Return folders in which files are due to go because newer ones replaced them, the oldest first."""
        with self._engine.connect() as connection:
            return due_folders(connection, limit=limit)

    def final_holding(self, directory: str) -> tuple[Job, Holding] | None:
        """Return the job of a folder and exactly what it keeps; None while it is under way, deleted or unknown."""
        mine = sa.and_(tables.job.c.directory == directory, IS_FINAL, tables.job.c.deleted_at_ms.is_(None))
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(tables.job).where(mine)).mappings().first()
            if row is None:
                return None
            job = job_of_row(row)
            texts = caption_folders(connection, [job.video_id])
        return job, Holding(batch_id=job.batch_id, asset=job.asset, captions=texts[job.video_id])

    def forget_other_keys(self, directory: str, asset: Asset) -> None:
        """Delete the content keys of a folder's video that open nothing of its asset."""
        with self._engine.begin() as connection:
            drop_other_keys(connection, directory, attempt=asset.attempt)

    def supersession_done(self, directory: str) -> None:
        """Record that what was to go of a folder is gone."""
        with self._engine.begin() as connection:
            forget_due(connection, directory)
