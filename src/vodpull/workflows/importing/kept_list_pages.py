"""Pages of the list of an import, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.imports.entries import BadEntry, Entry
from vodpull.imports.import_rows import brought_before, insert_entries, known_origins
from vodpull.imports.import_states import Import
from vodpull.imports.invalid_and_repeated_entries import judge


def add_page(
    connection: sa.Connection, found: Import, items: Sequence[Entry | BadEntry], *, may_repeat: bool = False
) -> None:
    """Keep the next entries of a list, each with what is to become of it; the caller has the import's turn."""
    ids = [item.origin_id for item in items if isinstance(item, Entry)]
    known = known_origins(connection, found.import_id, ids)
    if may_repeat:
        items = [item for item in items if isinstance(item, BadEntry) or item.origin_id not in known]
    listed = judge(
        items,
        first=found.listed + 1,
        at_ms=now_ms(),
        known=known,
        brought=brought_before(connection, found, ids),
    )
    insert_entries(connection, found, listed)
