"""How much an account has stored: counted in the transaction that changes it, and summed up where it must be exact."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database import tables


def count_stored(connection: sa.Connection, account_id: str, more_bytes: int) -> None:
    """Count what an account has stored, and the most that it had since that was noted for its day."""
    account = tables.account.c
    stored = account.stored_bytes + more_bytes
    peak = sa.case((stored > account.peak_bytes, stored), else_=account.peak_bytes)
    mine = account.account_id == account_id
    connection.execute(tables.account.update().where(mine).values(stored_bytes=stored, peak_bytes=peak))


def used_bytes(connection: sa.Connection, account_id: str) -> int:
    """Return what the finished jobs of an account have stored, segments included, and its materials."""
    used = sa.select(sa.func.sum(tables.job.c.stored_bytes)).join(tables.batch)
    of_jobs = connection.scalar(used.where(tables.batch.c.account_id == account_id)) or 0
    material = tables.material.c
    mine = sa.and_(material.account_id == account_id, material.deleted_at_ms.is_(None))
    return int(of_jobs) + int(connection.scalar(sa.select(sa.func.sum(material.size_bytes)).where(mine)) or 0)
