"""Tasks that a job carries out, clips and joins; and which sound is to be measured."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("job_id", sa.String(32)))
    op.create_index("ix_task_job", "task", ["job_id"], unique=True)
    where = sa.text("duration_s < 0")
    op.create_index("ix_material_unmeasured", "material", ["duration_s"], sqlite_where=where, postgresql_where=where)
