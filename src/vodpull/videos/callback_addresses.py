"""
Where an account wants to be told of what happens to its videos, whoever asked for it.

The bodies are in `wire/callback_bodies.py`; which goes out first decides `workflows/delivery/callback_order.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.database.row_locks import insert_new


class CallbackKind(StrEnum):
    """What an account can be told of (spec cloud-vod-videos §11)."""

    TRANSCODE = "transcode"
    """An encode has ended."""
    VIDEO_UPLOAD = "videoUpload"
    """A video has arrived that a client sent here; told before its encode has ended."""

    MATERIAL_UPLOAD = "materialUpload"
    """A material has arrived."""

    @property
    def is_json(self) -> bool:
        """Return True when the body is JSON, not base64 of it."""
        return self in {CallbackKind.VIDEO_UPLOAD, CallbackKind.MATERIAL_UPLOAD}


@dataclass(frozen=True, kw_only=True)
class Callback:
    """One address."""

    account_id: str
    account: str
    """Name of the account."""
    kind: CallbackKind
    url: str


class Callbacks:
    """The callback addresses of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def set(self, account_id: str, kind: CallbackKind, url: str) -> None:
        """Tell an account at this URL from now on; an empty one ends it. The caller has judged the URL."""
        mine = sa.and_(tables.callback.c.account_id == account_id, tables.callback.c.kind == kind.value)
        with self._engine.begin() as connection:
            connection.execute(tables.callback.delete().where(mine))
            if url:
                insert_new(connection, tables.callback, {"account_id": account_id, "kind": kind.value, "url": url})

    def get(self, account_id: str) -> dict[CallbackKind, str]:
        """Return the URLs of an account by what they are told."""
        with self._engine.connect() as connection:
            return read_callbacks(connection, account_id)

    def of_all(self) -> list[Callback]:
        """Return every address, by the name of its account."""
        account = tables.account.c
        query = (
            sa.select(tables.callback, account.name)
            .join_from(tables.callback, tables.account, tables.callback.c.account_id == account.account_id)
            .order_by(account.name, tables.callback.c.kind)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            Callback(account_id=row.account_id, account=row.name, kind=CallbackKind(row.kind), url=row.url)
            for row in rows
        ]


def read_callbacks(connection: sa.Connection, account_id: str) -> dict[CallbackKind, str]:
    """Return the URLs of an account, in a transaction of the caller's."""
    query = sa.select(tables.callback).where(tables.callback.c.account_id == account_id)
    return {CallbackKind(row.kind): row.url for row in connection.execute(query)}
