"""How many wrong two-factor codes an operator may try, and how long the next one has to wait."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import RateLimited

MAX_WRONG_CODES = 10
"""Wrong codes of an operator within an hour, from wherever: then even the right one has to wait."""

WRONG_CODES_MS = 60 * 60 * 1000


def count_try(engine: sa.Engine, operator: str) -> None:
    """
    Count a try before it is judged, in one statement: many at once get no more of them.

    Raises:
        RateLimited: the operator had too many wrong codes of late.
    """
    row, now = tables.operator.c, now_ms()
    is_over = row.wrong_since_ms <= now - WRONG_CODES_MS
    values = {
        "wrong_codes": sa.case((is_over, 1), else_=row.wrong_codes + 1),
        "wrong_since_ms": sa.case((sa.or_(is_over, row.wrong_codes == 0), now), else_=row.wrong_since_ms),
    }
    may_try = sa.or_(is_over, row.wrong_codes < MAX_WRONG_CODES)
    with engine.begin() as connection:
        counted = connection.execute(tables.operator.update().where(row.name == operator, may_try).values(values))
    if counted.rowcount == 0:
        raise RateLimited("too many wrong codes: wait an hour", retry_after_s=WRONG_CODES_MS // 1000)
