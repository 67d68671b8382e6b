"""Files on their way in: uploads with their blocks and parts."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database.tables.base import metadata

UNCOMPLETED = sa.text("completed_at_ms IS NULL")
"""Uploads whose file is not whole yet."""

upload = sa.Table(
    "upload",
    metadata,
    sa.Column("upload_id", sa.String(32), primary_key=True),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("access_key", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("subject_id", sa.String(32), nullable=False),
    sa.Column("key", sa.String(255), nullable=False),
    sa.Column("resume_id", sa.String(64)),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("md5", sa.String(32), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("deadline_ms", sa.BigInteger, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("touched_at_ms", sa.BigInteger, nullable=False),
    sa.Column("completed_at_ms", sa.BigInteger),
    sa.Column("completed_by", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(28), nullable=False),
    sa.Index("ix_upload_key", "key", unique=True),
    sa.Index(
        "ix_upload_resume",
        "account_id",
        "kind",
        "resume_id",
        unique=True,
        sqlite_where=UNCOMPLETED,
        postgresql_where=UNCOMPLETED,
    ),
    sa.Index("ix_upload_touched", "touched_at_ms"),
)

upload_block = sa.Table(
    "upload_block",
    metadata,
    sa.Column("upload_id", sa.String(32), sa.ForeignKey("upload.upload_id"), primary_key=True),
    sa.Column("series", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("nonce", sa.String(16), nullable=False),
)

upload_part = sa.Table(
    "upload_part",
    metadata,
    sa.Column("upload_id", sa.String(32), sa.ForeignKey("upload.upload_id"), primary_key=True),
    sa.Column("series", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.BigInteger, primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("body_at", sa.BigInteger, nullable=False),
    sa.Column("body_md5", sa.String(32), nullable=False),
    sa.Column("sha1", sa.String(40), nullable=False),
    sa.Index("ix_upload_part_key", "key", unique=True),
)
