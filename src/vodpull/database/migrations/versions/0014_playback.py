"""Who may watch a video, by its own word or its account's, and the keys that sign playback tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("account", "video"):
        op.add_column(table, sa.Column("playback", sa.String(8), nullable=False, server_default=""))
    op.create_table(
        "playback_key",
        sa.Column("key_id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
        sa.Column("algorithm", sa.String(8), nullable=False),
        sa.Column("sealed_secret", sa.Text, nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("revoked_at_ms", sa.BigInteger),
    )
    op.create_index("ix_playback_key_account", "playback_key", ["account_id", "created_at_ms"])
    op.drop_index("ix_video_blocked", "video")
