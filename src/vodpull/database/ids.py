"""Identifiers of rows."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from vodpull.database import tables

FIRST_NODE_ID = 1001


def new_id(created_ms: int) -> str:
    """
    Return a fresh identifier of 32 lower-case hex characters.

    Starts with the creation time in the pattern of the original service (spec cloud-vod-fetch §5.3), so that ids
    sort roughly by time; the remaining 80 bits are random, so that ids cannot be guessed.
    """
    return f"{created_ms & 0xFFFFFFFF:08x}{created_ms >> 32 & 0xFFFF:04x}{secrets.token_hex(10)}"


def new_node_id(connection: sa.Connection, account_id: str) -> int:
    """
    Return a fresh id of a category, and never the same again in this account, whatever is deleted.

    The caller has locked the account's row.
    """
    account = tables.account.c
    mine = account.account_id == account_id
    last = int(connection.scalar(sa.select(account.last_node_id).where(mine)) or 0)
    node_id = max(FIRST_NODE_ID, last + 1)
    keep_node_id(connection, account_id, node_id)
    return node_id


def keep_node_id(connection: sa.Connection, account_id: str, node_id: int) -> None:
    """Give no category of an account this id any more."""
    account = tables.account.c
    lower = sa.and_(account.account_id == account_id, account.last_node_id < node_id)
    connection.execute(tables.account.update().where(lower).values(last_node_id=node_id))
