"""What a request was answered, whatever its length."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("remembered_request", sa.Column("answer", sa.Text))
