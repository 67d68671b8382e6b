"""Captions of videos, and those that come with a request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "caption",
        sa.Column("video_id", sa.String(32), sa.ForeignKey("video.video_id"), primary_key=True),
        sa.Column("language", sa.String(35), primary_key=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("is_forced", sa.Boolean, nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("folder", sa.String(64), nullable=False),
        sa.Column("coming", sa.String(64), nullable=False),
        sa.Column("coming_at_ms", sa.BigInteger, nullable=False),
        sa.Column("cues", sa.Integer, nullable=False),
        sa.Column("left_out", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
    )
    op.add_column("job", sa.Column("captions", sa.JSON, nullable=False, server_default="[]"))
