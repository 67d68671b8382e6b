"""How much an account has stored, counted in the transaction that changes it."""

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
