"""Who has the video id that an entry of an import is to keep."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.errors import Failure, NotAllowedNow
from vodpull.imports.import_rows import Brought, line_of_job
from vodpull.imports.import_states import Import, ListedEntry

NEVER = "\x00"
"""A revision that no entry has."""

_KEEPING_IDS = 0x766F6471
"""Advisory lock number: two imports that keep the ids of their videos do not look for the same one at once."""


def lock_kept_ids(connection: sa.Connection) -> None:
    """Let no other import look for an id until the transaction ends."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_KEEPING_IDS)))


def holder_of(connection: sa.Connection, found: Import, listed: ListedEntry) -> Brought | Failure | None:
    """Return who has the video of an entry that is tried again, or the id that it is to keep; None: nobody."""
    job, batch, video = tables.job.c, tables.batch.c, tables.video.c
    mine = job.job_id == listed.job_id if listed.job_id else job.video_id == listed.entry.video_id
    if not listed.job_id and not listed.entry.video_id:
        return None
    query = (
        sa.select(job.job_id, job.video_id, batch.account_id, video.video_id.label("here"))
        .select_from(tables.job.join(tables.batch).outerjoin(tables.video, video.job_id == job.job_id))
        .where(mine, job.deleted_at_ms.is_(None))
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    if row.account_id != found.account_id:
        remedy = "Import it into the account that has it, or give it another id."
        return Failure.of(NotAllowedNow("another account has a video of this id", remedy=remedy))
    if not listed.job_id and (other := line_of_job(connection, found.import_id, row.job_id)):
        remedy = "Give each entry of the list a video id of its own, or none, and import it again."
        return Failure.of(NotAllowedNow(f"line {other} of the list has the same video id", remedy=remedy))
    # A job that failed tries again; a video that people brought here otherwise counts as this one.
    revision = listed.revision if row.here and not listed.job_id else NEVER
    return Brought(video_id=row.video_id, job_id=row.job_id, revision=revision, is_here=row.here is not None)
