"""Entries of an import that failed: what stays known of them, and how they are tried again."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.import_figures import counted
from vodpull.errors import Failure
from vodpull.imports.import_rows import EntryChange
from vodpull.imports.import_states import EntryState, Import, ListedEntry


def failed(listed: ListedEntry, failure: Failure) -> EntryChange:
    """Return that an entry was not brought; what is known of it stays."""
    return EntryChange(
        number=listed.number,
        state=EntryState.FAILED,
        video_id=listed.video_id,
        job_id=listed.job_id,
        failure=failure,
    )


def wait_again(connection: sa.Connection, found: Import) -> None:
    """Let the entries of an import that failed wait as they did in the beginning."""
    entry = tables.import_entries
    mine = sa.and_(entry.c.import_id == found.import_id, entry.c.state == EntryState.FAILED.value)
    with counted(connection, found.import_id):
        connection.execute(
            entry.update().where(mine).values(state=EntryState.WAITING.value, failure=None, at_ms=now_ms())
        )
