"""The fingerprint of the master key, business ids that are unique, the lease of a sweep, an index of events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.add_column("batch", sa.Column("strict_trans_no", sa.String(32)))
    op.add_column("batch", sa.Column("swept_until_ms", sa.BigInteger))
    op.create_index("ix_batch_strict_trans_no", "batch", ["account_id", "strict_trans_no"], unique=True)
    op.create_index("ix_event_batch", "event", ["batch_id"])
