"""Tasks that a job carries out: clips and joins."""

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
