"""Which work folders are nobody's any more: of attempts that are over, and of uploads that nobody goes on with."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.jobs.store.rows import IS_FINAL

ARRIVING_MS = 600_000
"""So long after its last byte an upload is taken to go on; it is encoded ahead for less (`encode_ahead_pause.py`)."""


def work_is_over(engine: sa.Engine, name: str) -> bool:
    """Return True when the work folder `<directory>-<attempt>` belongs to no attempt that is under way."""
    directory, _, attempt = name.partition("-")
    query = sa.select(IS_FINAL, tables.job.c.attempt).where(tables.job.c.directory == directory)
    with engine.connect() as connection:
        row = connection.execute(query).first()
        if row is None:  # an upload that goes on will become a job in this directory
            upload = tables.upload.c
            mine = sa.and_(upload.upload_id == directory, upload.touched_at_ms > now_ms() - ARRIVING_MS)
            return attempt != "1" or connection.scalar(sa.select(upload.upload_id).where(mine)) is None
    return bool(row[0]) or str(row[1]) != attempt
