"""Entries of an import that failed: how they are tried again."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.import_figures import counted
from vodpull.imports.import_states import EntryState, Import


def wait_again(connection: sa.Connection, found: Import) -> None:
    """Let the entries of an import that failed wait as they did in the beginning."""
    entry = tables.import_entries
    mine = sa.and_(entry.c.import_id == found.import_id, entry.c.state == EntryState.FAILED.value)
    with counted(connection, found.import_id):
        connection.execute(
            entry.update().where(mine).values(state=EntryState.WAITING.value, failure=None, at_ms=now_ms())
        )
