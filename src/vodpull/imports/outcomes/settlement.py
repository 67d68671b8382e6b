"""What has become of the videos that an import has begun."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import TypeAdapter

from vodpull.database import tables
from vodpull.errors import Failure, NotFound
from vodpull.imports.import_rows import EntryChange
from vodpull.imports.import_states import EntryState, Import
from vodpull.jobs.states_and_codes import FINAL_STAGES, Stage

TOLD = frozenset({"caption_left_out", "poster_left_out"})
"""Warnings of assets about what a list names beside the file."""

_FAILURE = TypeAdapter(Failure)


def settled(database: sa.Engine, found: Import) -> tuple[list[EntryChange], int]:
    """Return what of an import has ended since it was begun, and how much is still under way."""
    entry, job = tables.import_entries.c, tables.job.c
    query = (
        sa.select(
            entry.number,
            entry.video_id,
            entry.job_id,
            entry.warnings.label("told"),
            job.stage,
            job.failure,
            job.deleted_at_ms,
            job.received_bytes,
            job.asset["files", 0, "size_bytes"].label("size_bytes"),
            job.asset["warnings"].label("warnings"),
        )
        .select_from(tables.import_entries.outerjoin(tables.job, job.job_id == entry.job_id))
        .where(entry.import_id == found.import_id, entry.state == EntryState.RUNNING.value)
    )
    with database.connect() as connection:
        rows = connection.execute(query).all()
    changes = [
        EntryChange(
            number=row.number,
            state=EntryState.DONE if row.stage == Stage.DONE.value and row.deleted_at_ms is None else EntryState.FAILED,
            video_id=row.video_id,
            job_id=row.job_id,
            failure=_failure(row.stage, row.failure, is_deleted=row.deleted_at_ms is not None),
            size_bytes=row.size_bytes if row.stage == Stage.DONE.value else None,
            fetched_bytes=row.received_bytes,
            warnings=(*(row.told or ()), *(each["message"] for each in row.warnings or () if each["code"] in TOLD)),
        )
        for row in rows
        if row.stage is None or row.stage in FINAL_STAGES
    ]
    return changes, len(rows) - len(changes)


def _failure(stage: str | None, failure: object, *, is_deleted: bool) -> Failure | None:
    if stage is None or is_deleted:
        gone = NotFound(
            "the video was deleted while it was brought here", remedy="Retry the entry if the video is wanted."
        )
        return Failure.of(gone)
    return None if stage == Stage.DONE.value else _FAILURE.validate_python(failure)
