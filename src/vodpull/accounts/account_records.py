"""
What is kept of an account: its name and id, who may watch its videos, what its notifications are signed with.

Its access keys are in `access_keys.py`, the keys of its playback tokens in `playback_keys.py`.
"""

from __future__ import annotations

import base64
import secrets
from typing import Literal, cast

import sqlalchemy as sa

from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.ids import new_id
from vodpull.database.row_locks import insert_new, lock_row
from vodpull.errors import NotFound

LIST_REMEDY = "`vodpull keys list` shows the keys and their accounts."

Playback = Literal["", "public", "signed"]


class AccountRecords:
    """The accounts of one database."""

    def __init__(self, engine: sa.Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def notify_secret(self, account_id: str) -> str:
        """Return the secret (`whsec_…`) that notifications of an account are signed with (Standard Webhooks)."""
        query = sa.select(tables.account.c.sealed_notify_secret).where(tables.account.c.account_id == account_id)
        with self._engine.connect() as connection:
            return self._vault.open(str(connection.scalar(query)))

    def account_named(self, name: str) -> str:
        """
        Return the id of the account of this name.

        Raises:
            NotFound: there is none.
        """
        with self._engine.connect() as connection:
            found = connection.scalar(sa.select(tables.account.c.account_id).where(tables.account.c.name == name))
        if found is None:
            raise NotFound(f"there is no account {name}", field="NAME", remedy=LIST_REMEDY)
        return str(found)

    def playback_of(self, account_id: str) -> Playback:
        """Return who may watch an account's videos: `public`, `signed`, or empty, as the installation says."""
        query = sa.select(tables.account.c.playback).where(tables.account.c.account_id == account_id)
        with self._engine.connect() as connection:
            return cast("Playback", connection.scalar(query) or "")

    def set_playback(self, account_id: str, playback: Playback) -> None:
        """Say who may watch an account's videos from now on."""
        mine = tables.account.c.account_id == account_id
        with self._engine.begin() as connection:
            connection.execute(tables.account.update().where(mine).values(playback=playback))

    def name_of(self, account_id: str) -> str:
        """Return the name of an account; empty when there is none of this id."""
        with self._engine.connect() as connection:
            mine = tables.account.c.account_id == account_id
            return connection.scalar(sa.select(tables.account.c.name).where(mine)) or ""

    def adopt(self, name: str, account_id: str) -> str:
        """Return the id of the account of this name; a new one gets the given id, which it had before."""
        with self._engine.begin() as connection:
            return self.ensure(connection, name, account_id)

    def ensure(self, connection: sa.Connection, name: str, account_id: str = "") -> str:
        """Return the id of the account of this name; of a new one the given id, or a fresh one."""
        known = sa.select(tables.account.c.account_id).where(tables.account.c.name == name)
        if (found := connection.scalar(known)) is not None:
            return str(found)
        # 32 bytes: the middle of what Standard Webhooks allows (24 to 64).
        notify_secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        row = {
            "account_id": account_id or new_id(now_ms()),
            "name": name,
            "sealed_notify_secret": self._vault.seal(notify_secret),
            "created_at_ms": now_ms(),
        }
        insert_new(connection, tables.account, row)
        return str(connection.scalar(known))  # of whoever was first


def lock_account(connection: sa.Connection, account_id: str) -> None:
    """Let nobody else change what belongs to an account until the transaction ends."""
    lock_row(connection, tables.account.c.account_id, account_id)
