"""Indexes for every filter of the lists, in their order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = sa.text("finished_at_ms IS NULL")


def upgrade() -> None:
    newest = ["created_at_ms", "batch_id"]
    op.drop_index("ix_job_stage", "job", if_exists=True)
    op.create_index("ix_job_stage_batch", "job", ["stage", "batch_id"], if_not_exists=True)
    # The same name had two columns.
    op.drop_index("ix_batch_account_trans_no", "batch", if_exists=True)
    op.create_index("ix_batch_account_trans_no", "batch", ["account_id", "trans_no", *newest])
    op.create_index(
        "ix_batch_account_open",
        "batch",
        ["account_id", *newest],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
        if_not_exists=True,
    )
