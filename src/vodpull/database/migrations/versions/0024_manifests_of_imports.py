"""Manifests of videos that came by imports are written anew: from now on they keep the ids of elsewhere."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE job SET archived_attempt = 0 WHERE archived_attempt > 0 AND finished_at_ms IS NOT NULL"
        " AND deleted_at_ms IS NULL"
        " AND job_id IN (SELECT job_id FROM import_entries WHERE job_id IS NOT NULL)"
    )
