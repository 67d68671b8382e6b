"""
Which uploads nobody goes on with, and which parts are of files that are stored elsewhere by now.

How long a token lets bytes in, and what `Upload-Expires` says, is in `uploads.py`; when they are looked for:
`workflows/upkeep/abandoned_uploads.py`.
"""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import lock_row
from vodpull.jobs.states_and_codes import WireStatus
from vodpull.jobs.store.rows import IS_FINAL
from vodpull.uploads.blocks.arrived_parts import forget_parts

KEEP_MS = 7 * 86_400_000
"""After its last token has ended and its last byte has come (spec cloud-vod-videos §2)."""

SETTLED_MS = 3_600_000
"""So long after its end the parts of a stored file should be gone; what is left then is of a process that died."""


def expired_uploads(connection: sa.Connection, *, limit: int) -> list[str]:
    """Return the ids of uploads that are over, the oldest first."""
    return list(connection.scalars(_expired().order_by(tables.upload.c.touched_at_ms).limit(limit)))


def forget_expired(connection: sa.Connection, upload_id: str) -> list[str]:
    """Forget an upload that is over, and return the keys of its parts; none: somebody has gone on with it just now."""
    mine = tables.upload.c.upload_id == upload_id
    lock_row(connection, tables.upload.c.upload_id, upload_id)
    if connection.scalar(_expired().where(mine)) is None:
        return []
    keys = forget_parts(connection, upload_id)
    connection.execute(tables.upload.delete().where(mine))
    return keys


def stored_uploads_with_parts(connection: sa.Connection, *, limit: int) -> list[str]:
    """Return the ids of uploads whose files are stored, and whose parts are still there."""
    upload, job, part = tables.upload.c, tables.job.c, tables.upload_part.c
    stored = sa.exists().where(job.directory == upload.upload_id, job.pull_status == WireStatus.SUCCEEDED.value)
    has_parts = sa.exists().where(part.upload_id == upload.upload_id)
    old = upload.completed_at_ms < now_ms() - SETTLED_MS
    return list(connection.scalars(sa.select(upload.upload_id).where(old, stored, has_parts).limit(limit)))


def _expired() -> sa.Select[tuple[str]]:
    upload, before_ms = tables.upload.c, now_ms() - KEEP_MS
    over = sa.and_(upload.touched_at_ms < before_ms, upload.deadline_ms < before_ms)
    # Its parts may be the only copy of a file that a worker has not come to yet.
    waited_for = sa.exists().where(tables.job.c.directory == upload.upload_id, ~IS_FINAL)
    return sa.select(upload.upload_id).where(over, ~waited_for)
