"""What an access key may do, and until when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("access_key", sa.Column("scopes", sa.String(64), nullable=False, server_default=""))
    op.add_column("access_key", sa.Column("expires_at_ms", sa.BigInteger))
