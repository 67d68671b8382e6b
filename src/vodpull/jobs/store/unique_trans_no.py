"""
A transNo that counts only once, where an operator wants that: another batch of the account with the same is refused.

A deleted batch sets its own free. Who wants it: `trans-no-strict` of the setting `compat`.
"""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.jobs.model import Batch
from vodpull.jobs.store.rows import IS_KEPT

SET_FREE: dict[str, object] = {"strict_trans_no": None}
"""Values of a batch whose transNo may be used again."""


def taken_by(batch: Batch) -> dict[str, object]:
    """Return the values of a batch that keep others from its transNo; of several at once only one row gets in."""
    return {"strict_trans_no": batch.trans_no}


def is_taken(connection: sa.Connection, batch: Batch) -> bool:
    """Tell whether the account has used the transNo of a batch before, perhaps at a time without this rule."""
    row = tables.batch.c
    mine = sa.and_(row.account_id == batch.account_id, row.trans_no == batch.trans_no, IS_KEPT)
    return connection.execute(sa.select(row.batch_id).where(mine).limit(1)).first() is not None
