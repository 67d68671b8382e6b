"""Libraries that accounts bring along from elsewhere: each import, and every entry of its list."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database.tables.base import metadata

POSTER_DUE = sa.text("poster_due")
"""Entries that are here, but for their picture."""

HAS_JOB = sa.text("job_id IS NOT NULL")

imports = sa.Table(
    "imports",
    metadata,
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
    sa.Column("failure", sa.JSON(none_as_null=True)),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("started_at_ms", sa.BigInteger),
    sa.Column("finished_at_ms", sa.BigInteger),
    sa.Index("ix_imports_account_created", "account_id", "created_at_ms", "import_id"),
    sa.Index("ix_imports_created", "created_at_ms", "import_id"),
)

import_figures = sa.Table(
    "import_figures",
    metadata,
    sa.Column("import_id", sa.String(32), sa.ForeignKey("imports.import_id"), primary_key=True),
    sa.Column("state", sa.String(16), primary_key=True),
    sa.Column("entries", sa.BigInteger, nullable=False),
    sa.Column("sized", sa.BigInteger, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("duration_ms", sa.BigInteger, nullable=False),
    sa.Column("fetched_bytes", sa.BigInteger, nullable=False),
)

import_entries = sa.Table(
    "import_entries",
    metadata,
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
    sa.Column("failure", sa.JSON(none_as_null=True)),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("fetched_bytes", sa.BigInteger),
    sa.Column("warnings", sa.JSON(none_as_null=True)),
    sa.Column("poster_due", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_import_entries_state", "import_id", "state", "number"),
    sa.Index("ix_import_entries_once", "import_id", "origin_id", unique=True),
    sa.Index("ix_import_entries_origin", "origin_id", "account_id"),
    sa.Index("ix_import_entries_poster", "import_id", "number", sqlite_where=POSTER_DUE, postgresql_where=POSTER_DUE),
    sa.Index("ix_import_entries_job", "job_id", sqlite_where=HAS_JOB, postgresql_where=HAS_JOB),
)
