"""The subtitle that is drawn into a video."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("burn_in", sa.String(64), nullable=False, server_default=""))
