"""
The content keys of encrypted videos as rows, sealed with the master key: of each attempt its own.

Which segments share one, `media/package/encryption.py` decides. They live as long as what they open: those of an
attempt go after its outputs, once newer ones have replaced them
(`workflows/upkeep/replaced_output_removal.py`), all of them with their video. Who may have one is decided in
`videos/playback/file_gate.py`.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field

import sqlalchemy as sa

from vodpull.accounts.sealed_secrets import Vault
from vodpull.database import tables
from vodpull.database.row_locks import insert_new, lock_row
from vodpull.errors import Cancelled
from vodpull.media import ContentKey

KEY_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class SealedKey:
    """A content key as it is kept; survives a round trip through JSON."""

    key_id: str
    """32 hex characters; no secret: playlists name it."""
    attempt: int
    """Of the job: whose segments it opens."""
    position: int
    """Among the keys of the attempt, from 0."""
    sealed_key: str


@dataclass(frozen=True, kw_only=True)
class FoundKey:
    """A content key, and where its video lies."""

    directory: str
    """32 hex characters: the folder of its video's files."""
    secret: bytes = field(repr=False)


class ContentKeys:
    """The content keys of one database."""

    def __init__(self, engine: sa.Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def of_attempt(self, video_id: str, attempt: int, *, count: int) -> tuple[ContentKey, ...]:
        """
        Return the first keys of an attempt, the same ones whenever it is asked; those that are not there are made.

        Raises:
            Cancelled: the video is gone.
        """
        with self._engine.begin() as connection:
            lock_row(connection, tables.video.c.video_id, video_id)
            if connection.scalar(sa.select(_VIDEO.video_id).where(_VIDEO.video_id == video_id)) is None:
                raise Cancelled("the video was deleted")
            known = {key.position: key for key in read_content_keys(connection, video_id) if key.attempt == attempt}
            for position in set(range(count)) - set(known):
                sealed = self._vault.seal(secrets.token_bytes(KEY_BYTES).hex())
                known[position] = SealedKey(
                    key_id=secrets.token_hex(16), attempt=attempt, position=position, sealed_key=sealed
                )
                insert_content_key(connection, video_id, known[position])
        found = [known[position] for position in range(count)]
        return tuple(ContentKey(key_id=key.key_id, secret=self._open(key.sealed_key)) for key in found)

    def find(self, key_id: str) -> FoundKey | None:
        """
        Return a key; None: there is none of this id.

        Raises:
            ConfigurationError: it was sealed under another master key.
        """
        query = sa.select(_KEY.sealed_key, _VIDEO.directory).join_from(tables.content_key, tables.video)
        with self._engine.connect() as connection:
            row = connection.execute(query.where(_KEY.key_id == key_id)).one_or_none()
        return None if row is None else FoundKey(directory=row.directory, secret=self._open(row.sealed_key))

    def _open(self, sealed: str) -> bytes:
        return bytes.fromhex(self._vault.open(sealed))


def read_content_keys(connection: sa.Connection, video_id: str) -> list[SealedKey]:
    """Return all keys of a video, by attempt and position."""
    query = sa.select(_KEY.key_id, _KEY.attempt, _KEY.position, _KEY.sealed_key).where(_KEY.video_id == video_id)
    rows = connection.execute(query.order_by(_KEY.attempt, _KEY.position)).mappings()
    return [SealedKey(**row) for row in rows]


def insert_content_key(connection: sa.Connection, video_id: str, key: SealedKey) -> None:
    """Keep a key of a video, unless it is known."""
    insert_new(connection, tables.content_key, asdict(key) | {"video_id": video_id})


def drop_other_keys(connection: sa.Connection, directory: str, *, attempt: int) -> None:
    """Delete the keys of the video of a folder that are not of an attempt: nothing that they open is there any more."""
    mine = sa.select(_VIDEO.video_id).where(_VIDEO.directory == directory).scalar_subquery()
    connection.execute(tables.content_key.delete().where(_KEY.video_id == mine, _KEY.attempt != attempt))


def has_content_key() -> sa.ColumnElement[bool]:
    """Return, in a query of videos, whether a video is encrypted, or about to be."""
    return sa.exists().where(_KEY.video_id == _VIDEO.video_id)


_KEY = tables.content_key.c
_VIDEO = tables.video.c
