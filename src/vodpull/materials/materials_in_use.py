"""
When a material may not be deleted: while a video uses it, or a watermark of the installation, unless by force.

Which materials the last encode of a video was made with is recorded by `use_materials` of `materials.py`.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.errors import Occupied
from vodpull.jobs.store.rows import IS_FINAL

BY_FORCE = "Let it stay, or delete it by force (`--force`, `force=true`): what was made with it stays."


def check_unused(connection: sa.Connection, material_id: str, *, marks: Collection[str]) -> None:
    """
    Make sure that nothing uses a material; `marks`: those that the installation has watermarks of.

    Raises:
        Occupied: a video or a watermark of the installation does.
    """
    user = _user(connection, material_id, marks=marks)
    if user:
        raise Occupied(f"the material is in use: {user}", field="id", remedy=BY_FORCE)


def _user(connection: sa.Connection, material_id: str, *, marks: Collection[str]) -> str:
    """Return what uses a material; empty: nothing."""
    if material_id in marks:
        return "a watermark of the installation"
    use, job = tables.material_use, tables.job
    is_marked = sa.and_(sa.func.lower(job.c.watermark) == material_id, ~IS_FINAL, job.c.deleted_at_ms.is_(None))
    queries = (
        sa.select(use.c.job_id).where(use.c.material_id == material_id),
        sa.select(job.c.job_id).where(is_marked),
    )
    return "a video" if any(connection.execute(query.limit(1)).first() for query in queries) else ""
