"""How much there is of each state of an import is kept beside its entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_figures",
        sa.Column("import_id", sa.String(32), sa.ForeignKey("imports.import_id"), primary_key=True),
        sa.Column("state", sa.String(16), primary_key=True),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.Column("sized", sa.BigInteger, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("duration_ms", sa.BigInteger, nullable=False),
        sa.Column("fetched_bytes", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO import_figures"
        " SELECT import_id, state, count(*), count(size_bytes), coalesce(sum(size_bytes), 0),"
        " coalesce(sum(duration_ms), 0), coalesce(sum(fetched_bytes), 0)"
        " FROM import_entries GROUP BY import_id, state"
    )
