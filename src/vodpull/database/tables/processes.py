"""What the processes of an installation tell each other: who lives, which chore began when, who called how often."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database.tables.base import metadata

allowance = sa.Table(
    "allowance",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("who", sa.String(64), primary_key=True),
    sa.Column("window", sa.BigInteger, nullable=False),
    sa.Column("used", sa.BigInteger, nullable=False),
    sa.Column("before", sa.BigInteger, nullable=False),
    sa.Column("period_s", sa.BigInteger, nullable=False),
)

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
