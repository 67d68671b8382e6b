"""What the processes of an installation tell each other: who lives, and which chore began when."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database.tables.base import metadata

chore = sa.Table(
    "chore",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("begun_at_ms", sa.BigInteger, nullable=False),
)

executor = sa.Table(
    "executor",
    metadata,
    sa.Column("executor_id", sa.String(200), primary_key=True),
    sa.Column("application_version", sa.String(32), nullable=False),
    sa.Column("seen_at_s", sa.Float, nullable=False),
)
