"""Batches, jobs, and what is left of their replaced and deleted outputs; the table `task` is in `videos.py`."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database.tables.base import metadata

UNARCHIVED = sa.text("archived_attempt < attempt")
"""Jobs that ended since their manifest was written, and those under way: few, however many there are in all."""

OPEN = sa.text("finished_at_ms IS NULL")
"""Batches under way."""

batch = sa.Table(
    "batch",
    metadata,
    sa.Column("batch_id", sa.String(32), primary_key=True),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("access_key", sa.String(64), nullable=False),
    sa.Column("trans_no", sa.String(32), nullable=False),
    sa.Column("template", sa.String(100), nullable=False),
    sa.Column("notify_url", sa.Text, nullable=False),
    sa.Column("separate", sa.Boolean, nullable=False),
    sa.Column("fetch_ts", sa.Boolean, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("finished_at_ms", sa.BigInteger),
    sa.Column("deleted_at_ms", sa.BigInteger),
    sa.Column("strict_trans_no", sa.String(32)),
    sa.Column("swept_until_ms", sa.BigInteger),
    sa.Index("ix_batch_strict_trans_no", "account_id", "strict_trans_no", unique=True),
    sa.Index("ix_batch_account_trans_no", "account_id", "trans_no", "created_at_ms", "batch_id"),
    sa.Index("ix_batch_account_created", "account_id", "created_at_ms", "batch_id"),
    sa.Index("ix_batch_created", "created_at_ms", "batch_id"),
    sa.Index("ix_batch_finished", "finished_at_ms"),
    sa.Index(
        "ix_batch_account_open",
        "account_id",
        "created_at_ms",
        "batch_id",
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    ),
)

job = sa.Table(
    "job",
    metadata,
    sa.Column("job_id", sa.String(32), primary_key=True),
    sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.batch_id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("source_url", sa.Text, nullable=False),
    sa.Column("md5", sa.String(64), nullable=False),
    sa.Column("video_id", sa.String(32), nullable=False),
    sa.Column("directory", sa.String(32), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("stage", sa.String(16), nullable=False),
    sa.Column("stage_at_ms", sa.BigInteger, nullable=False),
    sa.Column("pull_status", sa.SmallInteger, nullable=False),
    sa.Column("cmd_status", sa.SmallInteger, nullable=False),
    sa.Column("failure", sa.JSON(none_as_null=True)),
    sa.Column("asset", sa.JSON(none_as_null=True)),
    sa.Column("decisions", sa.JSON, nullable=False),
    sa.Column("bytes_done", sa.BigInteger, nullable=False),
    sa.Column("bytes_total", sa.BigInteger),
    sa.Column("percent", sa.Float, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("finished_at_ms", sa.BigInteger),
    sa.Column("deleted_at_ms", sa.BigInteger),
    sa.Column("stored_bytes", sa.BigInteger, nullable=False),
    sa.Column("archived_attempt", sa.Integer, nullable=False),
    sa.Column("next_try", sa.JSON(none_as_null=True)),
    sa.Column("template", sa.String(100), nullable=False, server_default=""),
    sa.Column("captions", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("watermark", sa.String(100), nullable=False, server_default=""),
    sa.Column("burn_in", sa.String(64), nullable=False, server_default=""),
    sa.Column("origin", sa.SmallInteger, nullable=False, server_default="3"),
    sa.Column("received_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("ix_job_batch_position", "batch_id", "position", unique=True),
    sa.Index("ix_job_directory", "directory", unique=True),
    sa.Index("ix_job_stage_batch", "stage", "batch_id"),
    sa.Index("ix_job_video", "video_id"),
    sa.Index("ix_job_unarchived", "finished_at_ms", sqlite_where=UNARCHIVED, postgresql_where=UNARCHIVED),
)

job_stage = sa.Table(
    "job_stage",
    metadata,
    sa.Column("job_id", sa.String(32), sa.ForeignKey("job.job_id"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("stage", sa.String(16), primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)

superseded = sa.Table(
    "superseded",
    metadata,
    sa.Column("directory", sa.String(32), primary_key=True),
    sa.Column("due_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_superseded_due", "due_at_ms"),
)

removal = sa.Table(
    "removal",
    metadata,
    sa.Column("directory", sa.String(32), primary_key=True),
    sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.batch_id"), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("asked_at_ms", sa.BigInteger, nullable=False),
    sa.Column("due_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_removal_due", "due_at_ms"),
    sa.Index("ix_removal_batch", "batch_id"),
)

remembered_request = sa.Table(
    "remembered_request",
    metadata,
    sa.Column("request_id", sa.String(64), primary_key=True),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("batch_id", sa.String(32), nullable=False),
    sa.Column("at_s", sa.Float, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Index("ix_remembered_request_at", "at_s"),
)
