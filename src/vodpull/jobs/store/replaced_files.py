"""
When files that newer ones of the same video have replaced are to go.

Which they are: `jobs/kept_files.py`; who removes them: `workflows/upkeep/replaced_output_removal.py`.
"""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.jobs.store.rows import IS_FINAL
from vodpull.jobs.store.video_rows import archive_again

REPLACED_STAYS_MS = 3_600_000
"""So long after newer outputs are published may a player still read the older ones (spec cloud-vod-videos §2)."""


def supersede(connection: sa.Connection, job_id: str, *, at_once: bool = False) -> None:
    """Plan when what newer files of a job have replaced is removed; planning it again puts it off."""
    due_at_ms = now_ms() + (0 if at_once else REPLACED_STAYS_MS)
    directory = sa.select(tables.job.c.directory).where(tables.job.c.job_id == job_id)
    name = connection.scalar(directory)
    if not insert_new(connection, tables.superseded, {"directory": name, "due_at_ms": due_at_ms}):
        mine = tables.superseded.c.directory == name
        connection.execute(tables.superseded.update().where(mine).values(due_at_ms=due_at_ms))


def due_folders(connection: sa.Connection, *, limit: int) -> list[str]:
    """
    Return folders in which replaced files are due to go, the oldest first.

    What is under way is not among them: it comes when that has ended.
    """
    row = tables.superseded.c
    busy = sa.exists().where(tables.job.c.directory == row.directory, ~IS_FINAL)
    query = sa.select(row.directory).where(row.due_at_ms <= now_ms(), ~busy).order_by(row.due_at_ms).limit(limit)
    return list(connection.scalars(query))


def forget_due(connection: sa.Connection, directory: str) -> None:
    """Record that what was to go of a folder is gone."""
    job_id = sa.select(tables.job.c.job_id).where(tables.job.c.directory == directory)
    connection.execute(tables.superseded.delete().where(tables.superseded.c.directory == directory))
    archive_again(connection, connection.scalar(job_id) or "")
