"""Several operators: roles, whose a token is, two-factor, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NAME = sa.String(254)


def upgrade() -> None:
    with op.batch_alter_table("operator") as operator:
        operator.alter_column("name", existing_type=sa.String(32), type_=NAME)
        operator.add_column(sa.Column("role", sa.String(16), nullable=False, server_default="owner"))
        operator.add_column(sa.Column("created_at_ms", sa.BigInteger, nullable=False, server_default="0"))
        operator.add_column(sa.Column("subject", sa.String(1024), nullable=False, server_default=""))
        operator.add_column(sa.Column("sealed_totp", sa.Text, nullable=False, server_default=""))
        operator.add_column(sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"))
        operator.add_column(sa.Column("recovery_hashes", sa.Text, nullable=False, server_default=""))
        operator.add_column(sa.Column("wrong_codes", sa.Integer, nullable=False, server_default="0"))
        operator.add_column(sa.Column("wrong_since_ms", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE operator SET created_at_ms = changed_at_ms")
    # Until now there was one operator, of this name.
    op.add_column("operator_token", sa.Column("operator", NAME, nullable=False, server_default="operator"))
    op.add_column("operator_token", sa.Column("created_at_ms", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("operator_token", sa.Column("seen_at_ms", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("operator_token", sa.Column("address", sa.String(64), nullable=False, server_default=""))
    op.add_column("operator_token", sa.Column("agent", sa.String(300), nullable=False, server_default=""))
    op.create_index("ix_operator_token_operator", "operator_token", ["operator"])
    op.create_table(
        "audit_line",
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("who", NAME, nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False, server_default=""),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
    )
    op.create_index("ix_audit_line_at", "audit_line", ["at_ms"])
    op.create_index("ix_audit_line_account", "audit_line", ["account_id", "line_id"])
