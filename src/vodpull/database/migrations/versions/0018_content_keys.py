"""The keys of encrypted videos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "content_key",
        sa.Column("key_id", sa.String(32), primary_key=True),
        sa.Column("video_id", sa.String(32), sa.ForeignKey("video.video_id"), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("sealed_key", sa.Text, nullable=False),
    )
    op.create_index("ix_content_key_video", "content_key", ["video_id", "attempt", "position"], unique=True)
