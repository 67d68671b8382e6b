"""What an account has stored, counted as it changes, and the last id that it gave to a category."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("stored_bytes", "peak_bytes", "last_node_id"):
        op.add_column("account", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    stored = "SELECT COALESCE(SUM(size_bytes), 0) FROM video WHERE video.account_id = account.account_id"
    last = "SELECT COALESCE(MAX(node_id), 0) FROM category WHERE category.account_id = account.account_id"
    op.execute(f"UPDATE account SET stored_bytes = ({stored}), last_node_id = ({last})")  # noqa: S608 - no values
    op.execute("UPDATE account SET peak_bytes = stored_bytes")
