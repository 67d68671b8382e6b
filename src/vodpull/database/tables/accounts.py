"""Who uses an installation: accounts with their keys, operators, and what the installation itself is."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database.tables.base import metadata

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("account_id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("sealed_notify_secret", sa.Text, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("stored_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("peak_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("last_node_id", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("playback", sa.String(8), nullable=False, server_default=""),
)

access_key = sa.Table(
    "access_key",
    metadata,
    sa.Column("access_key", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("sealed_secret", sa.Text, nullable=False),
    sa.Column("sealed_next_secret", sa.Text),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("revoked_at_ms", sa.BigInteger),
    sa.Column("scopes", sa.String(64), nullable=False, server_default=""),
    sa.Column("expires_at_ms", sa.BigInteger),
)

playback_key = sa.Table(
    "playback_key",
    metadata,
    sa.Column("key_id", sa.String(32), primary_key=True),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("algorithm", sa.String(8), nullable=False),
    sa.Column("sealed_secret", sa.Text, nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("revoked_at_ms", sa.BigInteger),
    sa.Index("ix_playback_key_account", "account_id", "created_at_ms"),
)

storage_day = sa.Table(
    "storage_day",
    metadata,
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("peak_bytes", sa.BigInteger, nullable=False),
)

operator = sa.Table(
    "operator",
    metadata,
    sa.Column("name", sa.String(254), primary_key=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("changed_at_ms", sa.BigInteger, nullable=False),
    sa.Column("role", sa.String(16), nullable=False, server_default="owner"),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("subject", sa.String(1024), nullable=False, server_default=""),
    sa.Column("sealed_totp", sa.Text, nullable=False, server_default=""),
    sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("recovery_hashes", sa.Text, nullable=False, server_default=""),
    sa.Column("wrong_codes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("wrong_since_ms", sa.BigInteger, nullable=False, server_default="0"),
)

operator_token = sa.Table(
    "operator_token",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("purpose", sa.String(16), nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Column("operator", sa.String(254), nullable=False, server_default="operator"),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("seen_at_ms", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("address", sa.String(64), nullable=False, server_default=""),
    sa.Column("agent", sa.String(300), nullable=False, server_default=""),
    sa.Index("ix_operator_token_operator", "operator"),
)

audit_line = sa.Table(
    "audit_line",
    metadata,
    sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("who", sa.String(254), nullable=False),
    sa.Column("account_id", sa.String(32), nullable=False, server_default=""),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("outcome", sa.String(64), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Index("ix_audit_line_at", "at_ms"),
    sa.Index("ix_audit_line_account", "account_id", "line_id"),
)
