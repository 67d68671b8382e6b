"""What an import tells of its entries: bytes that came, what was left out, and whether only a poster is to come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

POSTER_DUE = sa.text("poster_due")


def upgrade() -> None:
    op.add_column("job", sa.Column("received_bytes", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("import_entries", sa.Column("fetched_bytes", sa.BigInteger))
    op.add_column("import_entries", sa.Column("warnings", sa.JSON(none_as_null=True)))
    op.add_column("import_entries", sa.Column("poster_due", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_import_entries_poster",
        "import_entries",
        ["import_id", "number"],
        sqlite_where=POSTER_DUE,
        postgresql_where=POSTER_DUE,
    )
