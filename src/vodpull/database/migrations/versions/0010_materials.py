"""Materials: files that are kept as they came, and which videos use them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "material",
        sa.Column("material_id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded_name", sa.Text, nullable=False),
        sa.Column("suffix", sa.String(16), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("duration_s", sa.Float, nullable=False),
        sa.Column("publish_domain", sa.String(255), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("uploaded_at_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
        sa.Column("archived_at_ms", sa.BigInteger, nullable=False),
        sa.Column("deleted_at_ms", sa.BigInteger),
    )
    newest = ["created_at_ms", "material_id"]
    op.create_index("ix_material_account_created", "material", ["account_id", "kind", *newest])
    op.create_index("ix_material_created", "material", newest)
    _create_partial_index("ix_material_unarchived", "updated_at_ms", "archived_at_ms < updated_at_ms")
    _create_partial_index("ix_material_deleted", "deleted_at_ms", "deleted_at_ms IS NOT NULL")
    op.create_table(
        "material_use",
        sa.Column("material_id", sa.String(32), sa.ForeignKey("material.material_id"), primary_key=True),
        sa.Column("job_id", sa.String(32), sa.ForeignKey("job.job_id"), primary_key=True),
    )
    op.create_index("ix_material_use_job", "material_use", ["job_id"])


def _create_partial_index(name: str, column: str, which: str) -> None:
    where = sa.text(which)
    op.create_index(name, "material", [column], sqlite_where=where, postgresql_where=where)
