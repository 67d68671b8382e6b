"""What a manifest keeps of where a video came from: by which import, and under which id it was known there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.database.import_figures import counted
from vodpull.database.row_locks import insert_new

MOST = 20
"""Of one video: more lists than any library comes by."""

_HERE = ("running", "done", "exists")


@dataclass(frozen=True, kw_only=True)
class KeptOrigin:
    """One entry of an import that names a video."""

    import_id: str
    kind: str
    source: str
    """64 hex characters: the same for the same library."""
    begun_at_ms: int
    """When the import began."""
    number: int
    """In the list of the import, from 1."""
    origin_id: str
    revision: str
    brought: bool
    """It was brought by this entry; else the entry only found it here."""
    at_ms: int


def read_kept_origins(connection: sa.Connection, account_id: str, video_id: str) -> tuple[KeptOrigin, ...]:
    """Return the entries that name a video, of each id and library the newest, those that brought it before others."""
    entry, made = tables.import_entries.c, tables.imports.c
    query = (
        sa.select(tables.import_entries, made.kind, made.source, made.created_at_ms)
        .join_from(tables.import_entries, tables.imports, made.import_id == entry.import_id)
        .where(entry.video_id == video_id, entry.account_id == account_id, entry.state.in_(_HERE))
        .order_by(entry.job_id.is_not(None).desc(), entry.at_ms.desc())
    )
    found: dict[tuple[str, str], KeptOrigin] = {}
    for row in connection.execute(query):
        origin = KeptOrigin(
            import_id=row.import_id,
            kind=row.kind,
            source=row.source,
            begun_at_ms=row.created_at_ms,
            number=row.number,
            origin_id=row.origin_id,
            revision=row.revision,
            brought=row.job_id is not None,
            at_ms=row.at_ms,
        )
        found.setdefault((row.source, row.origin_id), origin)
    return tuple(found.values())[:MOST]


def restore_origins(
    connection: sa.Connection, account_id: str, origins: Iterable[KeptOrigin], *, video_id: str, job_id: str
) -> None:
    """Insert the entries of a video that was made again, and their imports as far as they are known."""
    for origin in origins:
        insert_new(connection, tables.imports, _import_row(account_id, origin))
        entry = {
            "import_id": origin.import_id,
            "number": origin.number,
            "account_id": account_id,
            "origin_id": origin.origin_id,
            "revision": origin.revision,
            "state": "done" if origin.brought else "exists",
            "entry": {"origin_id": origin.origin_id, "url": ""},
            "video_id": video_id,
            "job_id": job_id if origin.brought else None,
            "at_ms": origin.at_ms,
        }
        with counted(connection, origin.import_id, [origin.number]):
            is_new = insert_new(connection, tables.import_entries, entry)
        if is_new:
            row = tables.imports.c
            mine = sa.and_(row.import_id == origin.import_id, row.state == "done")
            connection.execute(tables.imports.update().where(mine).values(listed=row.listed + 1))


def _import_row(account_id: str, origin: KeptOrigin) -> dict[str, object]:
    return {
        "import_id": origin.import_id,
        "account_id": account_id,
        "access_key": "",
        "kind": origin.kind,
        "source": origin.source,
        "place": {},
        "options": {},
        "state": "done",
        "cursor": "",
        "is_listed": True,
        "listed": 0,
        "turn": 0,
        "tries": 0,
        "created_at_ms": origin.begun_at_ms,
        "started_at_ms": origin.begun_at_ms,
        "finished_at_ms": origin.at_ms,
    }
