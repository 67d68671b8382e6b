"""
One-time links and sessions of the console: random texts of which only hashes are kept.

How long each lives: `link_and_session_lifetimes.py`.
"""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables


class Purpose(StrEnum):
    """What a token lets its holder do."""

    SETUP = "setup"
    """Choose an operator's password, once."""
    SESSION = "session"
    """Use the console."""
    SECOND = "second"
    """Show the second factor, after the password."""


def new_token(connection: sa.Connection, purpose: Purpose, operator: str, *, life_s: int, **more: str) -> str:
    """Return a fresh token of an operator; `more` is kept with it."""
    token, now = secrets.token_urlsafe(32), now_ms()
    row = {
        "token_hash": hash_of(token),
        "purpose": purpose.value,
        "operator": operator,
        "created_at_ms": now,
        "seen_at_ms": now,
        "expires_at_ms": now + 1000 * life_s,
    }
    connection.execute(tables.operator_token.insert().values(row | more))
    return token


def live(token: str, purpose: Purpose) -> sa.ColumnElement[bool]:
    """Return the condition for the row of a token that may be used."""
    row = tables.operator_token.c
    return sa.and_(row.token_hash == hash_of(token), row.purpose == purpose.value, row.expires_at_ms > now_ms())


def holder(connection: sa.Connection, token: str, purpose: Purpose) -> str | None:
    """Return the operator of a token that may be used; None: it may not."""
    return connection.scalar(sa.select(tables.operator_token.c.operator).where(live(token, purpose)))


def spend(connection: sa.Connection, token: str, purpose: Purpose) -> str | None:
    """Return the operator of a token that may be used, once: it ends with that. None: it may not."""
    operator = holder(connection, token, purpose)
    spent = connection.execute(tables.operator_token.delete().where(live(token, purpose)))
    return operator if spent.rowcount == 1 else None


def end_tokens(connection: sa.Connection, operator: str, *, but: str = "") -> None:
    """End everything that an operator has: links, sessions; but not the one of this token."""
    row = tables.operator_token.c
    connection.execute(tables.operator_token.delete().where(row.operator == operator, row.token_hash != hash_of(but)))


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    # Tokens are 256 random bits, so a plain digest cannot be turned back; looking it up tells nothing by its time.
    return hashlib.sha256(token.encode()).hexdigest()
