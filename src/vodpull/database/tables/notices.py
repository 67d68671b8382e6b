"""What clients are told: callbacks, events, deliveries and their attempts."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database.tables.base import metadata

callback = sa.Table(
    "callback",
    metadata,
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("event_id", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.batch_id"), nullable=False),
    sa.Column("position", sa.Integer),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("video_id", sa.String(32)),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("acked_at_ms", sa.BigInteger),
    sa.Index("ix_event_account", "account_id", "acked_at_ms", "created_at_ms"),
    sa.Index("ix_event_batch", "batch_id"),
)

silenced_url = sa.Table(
    "silenced_url",
    metadata,
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), primary_key=True),
    sa.Column("url_hash", sa.String(64), primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("delivery_id", sa.String(64), primary_key=True),
    sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.batch_id")),
    sa.Column("position", sa.Integer),
    sa.Column("account_id", sa.String(32), nullable=False),
    sa.Column("access_key", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_delivery_batch_position", "batch_id", "position"),
    sa.Index("ix_delivery_account", "account_id", "created_at_ms"),
    sa.Index("ix_delivery_state", "state", "created_at_ms"),
)

delivery_attempt = sa.Table(
    "delivery_attempt",
    metadata,
    sa.Column("delivery_id", sa.String(64), sa.ForeignKey("delivery.delivery_id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("latency_ms", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("response_head", sa.Text, nullable=False),
)
