"""First tables: accounts, keys, batches, jobs, deliveries, executors, the console's operator."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_accounts()
    _create_batches()
    _create_jobs()
    _create_housekeeping()
    _create_events()
    _create_deliveries()
    _create_operators()
    op.create_table(
        "executor",
        sa.Column("executor_id", sa.String(200), primary_key=True),
        sa.Column("application_version", sa.String(32), nullable=False),
        sa.Column("seen_at_s", sa.Float, nullable=False),
    )


def _create_accounts() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("sealed_notify_secret", sa.Text, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "access_key",
        sa.Column("access_key", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
        sa.Column("sealed_secret", sa.Text, nullable=False),
        sa.Column("sealed_next_secret", sa.Text),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("revoked_at_ms", sa.BigInteger),
    )


def _create_batches() -> None:
    op.create_table(
        "batch",
        sa.Column("batch_id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
        sa.Column("access_key", sa.String(64), nullable=False),
        sa.Column("trans_no", sa.String(32), nullable=False),
        sa.Column("template", sa.String(100), nullable=False),
        sa.Column("notify_url", sa.Text, nullable=False),
        sa.Column("separate", sa.Boolean, nullable=False),
        sa.Column("fetch_ts", sa.Boolean, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("finished_at_ms", sa.BigInteger),
        sa.Column("deleted_at_ms", sa.BigInteger),
    )
    op.create_index("ix_batch_account_trans_no", "batch", ["account_id", "trans_no"])
    op.create_index("ix_batch_account_created", "batch", ["account_id", "created_at_ms", "batch_id"])
    op.create_index("ix_batch_created", "batch", ["created_at_ms", "batch_id"])
    op.create_index("ix_batch_finished", "batch", ["finished_at_ms"])
    op.create_table(
        "remembered_request",
        sa.Column("request_id", sa.String(64), primary_key=True),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("batch_id", sa.String(32), nullable=False),
        sa.Column("at_s", sa.Float, nullable=False),
    )
    op.create_index("ix_remembered_request_at", "remembered_request", ["at_s"])


def _create_jobs() -> None:
    op.create_table(
        "job",
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
    )
    op.create_index("ix_job_batch_position", "job", ["batch_id", "position"], unique=True)
    op.create_index("ix_job_directory", "job", ["directory"], unique=True)
    op.create_index("ix_job_stage", "job", ["stage"])
    ended = sa.text("archived_attempt < attempt")
    op.create_index("ix_job_unarchived", "job", ["finished_at_ms"], sqlite_where=ended, postgresql_where=ended)
    op.create_table(
        "job_stage",
        sa.Column("job_id", sa.String(32), sa.ForeignKey("job.job_id"), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("stage", sa.String(16), primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )


def _create_housekeeping() -> None:
    op.create_table(
        "removal",
        sa.Column("directory", sa.String(32), primary_key=True),
        sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.batch_id"), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("asked_at_ms", sa.BigInteger, nullable=False),
        sa.Column("due_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_removal_due", "removal", ["due_at_ms"])
    op.create_index("ix_removal_batch", "removal", ["batch_id"])
    op.create_table(
        "chore",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("begun_at_ms", sa.BigInteger, nullable=False),
    )


def _create_events() -> None:
    op.create_table(
        "event",
        sa.Column("event_id", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
        sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.batch_id"), nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("acked_at_ms", sa.BigInteger),
    )
    op.create_index("ix_event_account", "event", ["account_id", "acked_at_ms", "created_at_ms"])


def _create_deliveries() -> None:
    op.create_table(
        "silenced_url",
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), primary_key=True),
        sa.Column("url_hash", sa.String(64), primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "delivery",
        sa.Column("delivery_id", sa.String(64), primary_key=True),
        sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.batch_id"), nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_delivery_batch_position", "delivery", ["batch_id", "position"])
    op.create_index("ix_delivery_state", "delivery", ["state", "created_at_ms"])
    op.create_table(
        "delivery_attempt",
        sa.Column("delivery_id", sa.String(64), sa.ForeignKey("delivery.delivery_id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("latency_ms", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("response_head", sa.Text, nullable=False),
    )


def _create_operators() -> None:
    op.create_table(
        "operator",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("changed_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "operator_token",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    )
