"""Where the bytes of a job come from; those of older releases were pulled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("origin", sa.SmallInteger, nullable=False, server_default="3"))
