"""Imports of whole libraries, and every entry of their lists; jobs are found by the id of their video."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("import_id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
        sa.Column("access_key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("place", sa.JSON, nullable=False),
        sa.Column("sealed_secret", sa.Text),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("cursor", sa.Text, nullable=False),
        sa.Column("is_listed", sa.Boolean, nullable=False),
        sa.Column("listed", sa.Integer, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("failure", sa.JSON),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("started_at_ms", sa.BigInteger),
        sa.Column("finished_at_ms", sa.BigInteger),
    )
    op.create_index("ix_imports_account_created", "imports", ["account_id", "created_at_ms", "import_id"])
    op.create_index("ix_imports_created", "imports", ["created_at_ms", "import_id"])
    op.create_table(
        "import_entries",
        sa.Column("import_id", sa.String(32), sa.ForeignKey("imports.import_id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("origin_id", sa.Text),
        sa.Column("revision", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("entry", sa.JSON, nullable=False),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("duration_ms", sa.BigInteger),
        sa.Column("video_id", sa.String(32)),
        sa.Column("job_id", sa.String(32)),
        sa.Column("failure", sa.JSON),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_import_entries_state", "import_entries", ["import_id", "state", "number"])
    op.create_index("ix_import_entries_once", "import_entries", ["import_id", "origin_id"], unique=True)
    op.create_index("ix_import_entries_origin", "import_entries", ["origin_id", "account_id"])
    where = sa.text("job_id IS NOT NULL")
    op.create_index("ix_import_entries_job", "import_entries", ["job_id"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_job_video", "job", ["video_id"])
