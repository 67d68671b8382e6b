"""A search of videos reads indexes alone: they hold what it looks at."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The same names had neither states nor names in them.
    op.drop_index("ix_video_account_created", "video")
    op.drop_index("ix_video_created", "video")
    newest, looked_at = ["created_at_ms", "video_id"], ["origin", "folded_name"]
    op.create_index("ix_video_account_created", "video", ["account_id", *newest, *looked_at])
    op.create_index("ix_video_created", "video", [*newest, "state", "encode_state", *looked_at])
