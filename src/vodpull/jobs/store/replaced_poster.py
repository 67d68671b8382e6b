"""
The picture that came with a video, when another one comes later.

How it is brought: `workflows/attempt/extras/optional_imported_posters.py`.
"""

from __future__ import annotations

from dataclasses import asdict, replace

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import lock_row
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.replaced_files import supersede
from vodpull.jobs.store.rows import job_of_row
from vodpull.jobs.store.video_rows import archive_again


def show_poster(connection: sa.Connection, job_id: str, key: str) -> bool:
    """Let a stored picture be the poster of a job's video; False while the job is under way, and when it is gone."""
    job = tables.job.c
    batch_id = sa.select(job.batch_id).where(job.job_id == job_id).scalar_subquery()
    lock_row(connection, tables.batch.c.batch_id, batch_id)
    done = sa.and_(job.job_id == job_id, job.stage == Stage.DONE.value, job.deleted_at_ms.is_(None))
    row = connection.execute(sa.select(tables.job).where(done)).mappings().first()
    asset = None if row is None else job_of_row(row).asset
    if asset is None:
        return False
    shown = replace(asset, own_poster_key=key, poster_key=key)
    connection.execute(tables.job.update().where(done).values(asset=asdict(shown)))
    connection.execute(tables.video.update().where(tables.video.c.job_id == job_id).values(updated_at_ms=now_ms()))
    supersede(connection, job_id)
    archive_again(connection, job_id)
    return True
