"""Pairs of the client's own, kept with its batch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batch", sa.Column("metadata", sa.JSON, nullable=False, server_default="{}"))
