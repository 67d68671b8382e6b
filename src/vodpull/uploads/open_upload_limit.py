"""How many unfinished uploads an account may have at a time, and which of them count."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import TooManyUploads

_UPLOAD = tables.upload.c


def check_open_uploads(connection: sa.Connection, account_id: str, most: int) -> None:
    """
    Refuse one more than `most`; 0: any number. One whose deadline is over does not count.

    The account's row is locked by who calls.

    Raises:
        TooManyUploads: it has that many.
    """
    alive = sa.and_(_UPLOAD.account_id == account_id, _UPLOAD.completed_at_ms.is_(None), _UPLOAD.deadline_ms > now_ms())
    count = sa.select(sa.func.count()).select_from(tables.upload).where(alive)
    if most and connection.execute(count).scalar_one() >= most:
        raise TooManyUploads(f"the account has {most} unfinished uploads")
