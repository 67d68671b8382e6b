"""The keys that sign playback tokens: of an account the newest secret signs, and every live one is believed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import NotAllowedNow, NotFound, ParameterError

Algorithm = Literal["HS256", "EdDSA"]

MAX_LIVE = 20
"""Keys of an account that are believed at a time."""


@dataclass(frozen=True, kw_only=True)
class PlaybackKey:
    """A playback key as listed: without its secret."""

    key_id: str
    """`kid` in the header of the tokens that it signs."""
    algorithm: Algorithm
    created_at_ms: int
    revoked_at_ms: int | None


@dataclass(frozen=True, kw_only=True)
class LivePlaybackKey:
    """A playback key that is believed now."""

    key_id: str
    account_id: str
    algorithm: Algorithm
    secret: str = field(repr=False)
    """Of HS256, as text; empty for EdDSA."""
    public_key: str
    """Of EdDSA, in PEM; empty for HS256."""


class NoSigningKey(Exception):
    """An account has no key that signs yet, and none is to be made here."""

    def __init__(self, account_id: str) -> None:
        """Take the account."""
        super().__init__(account_id)
        self.account_id = account_id


class PlaybackKeys:
    """The playback keys of one database."""

    def __init__(self, engine: sa.Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def create(self, account_id: str) -> LivePlaybackKey:
        """
        Make a key with a secret (HS256), which signs from now on; those before it stay live until they are revoked.

        Raises:
            NotAllowedNow: the account has `MAX_LIVE` of them.
        """
        return self._add(account_id, "HS256", secret=secrets.token_hex(32))

    def create_first(self, account_id: str) -> LivePlaybackKey:
        """Make the key that vodpull itself signs with, also where the account's own keys (EdDSA) are `MAX_LIVE`."""
        return self._add(account_id, "HS256", secret=secrets.token_hex(32), most=MAX_LIVE + 1)

    def add_public(self, account_id: str, pem: str) -> LivePlaybackKey:
        """
        Believe tokens that the owner of this Ed25519 key signs, who alone has its secret.

        Raises:
            ParameterError: it is no such public key in PEM.
            NotAllowedNow: the account has `MAX_LIVE` of them.
        """
        try:
            found = load_pem_public_key(pem.strip().encode())
        except (ValueError, TypeError, UnsupportedAlgorithm, UnicodeEncodeError):
            found = None
        if not isinstance(found, Ed25519PublicKey):
            raise ParameterError(
                "this is no Ed25519 public key in PEM",
                field="public_key",
                remedy="`openssl pkey -in key.pem -pubout` writes the public key of one that "
                "`openssl genpkey -algorithm ed25519 -out key.pem` has made.",
            )
        return self._add(account_id, "EdDSA", public_key=pem.strip())

    def listed(self, account_id: str) -> list[PlaybackKey]:
        """Return the keys of an account, newest first, the revoked ones too."""
        key = tables.playback_key.c
        query = sa.select(key.key_id, key.algorithm, key.created_at_ms, key.revoked_at_ms)
        query = query.where(key.account_id == account_id).order_by(key.created_at_ms.desc(), key.key_id)
        with self._engine.connect() as connection:
            return [PlaybackKey(**row) for row in connection.execute(query).mappings()]

    def revoke(self, account_id: str, key_id: str) -> None:
        """
        Believe no token of a key any more.

        Raises:
            NotFound: the account has no live key of this id.
        """
        key = tables.playback_key.c
        mine = sa.and_(key.key_id == key_id, key.account_id == account_id, key.revoked_at_ms.is_(None))
        with self._engine.begin() as connection:
            change = tables.playback_key.update().where(mine).values(revoked_at_ms=now_ms())
            if connection.execute(change).rowcount == 0:
                raise NotFound("there is no live playback key of this id", field="key_id")

    def find_live(self, key_id: str) -> LivePlaybackKey | None:
        """Return a key that is believed; None: unknown or revoked."""
        return self._first(tables.playback_key.c.key_id == key_id)

    def signing(self, account_id: str, *, makes_first: bool = True) -> LivePlaybackKey:
        """
        Return the key that signs for an account; its first one is made here, unless told otherwise.

        Raises:
            NoSigningKey: it has none, and none is to be made.
        """
        mine = sa.and_(tables.playback_key.c.account_id == account_id, tables.playback_key.c.algorithm == "HS256")
        found = self._first(mine)
        if found is None and not makes_first:
            raise NoSigningKey(account_id)
        return found or self.create_first(account_id)

    def _first(self, which: sa.ColumnElement[bool]) -> LivePlaybackKey | None:
        key = tables.playback_key.c
        query = sa.select(tables.playback_key).where(which, key.revoked_at_ms.is_(None))
        with self._engine.connect() as connection:
            row = connection.execute(query.order_by(key.created_at_ms.desc(), key.key_id).limit(1)).one_or_none()
        if row is None:
            return None
        return LivePlaybackKey(
            key_id=row.key_id,
            account_id=row.account_id,
            algorithm=row.algorithm,
            secret=self._vault.open(row.sealed_secret) if row.sealed_secret else "",
            public_key=row.public_key,
        )

    def _add(
        self, account_id: str, algorithm: Algorithm, *, secret: str = "", public_key: str = "", most: int = MAX_LIVE
    ) -> LivePlaybackKey:
        made = LivePlaybackKey(
            key_id=f"PK{secrets.token_hex(10).upper()}",
            account_id=account_id,
            algorithm=algorithm,
            secret=secret,
            public_key=public_key,
        )
        key = tables.playback_key.c
        live = sa.select(sa.func.count()).where(key.account_id == account_id, key.revoked_at_ms.is_(None))
        with self._engine.begin() as connection:
            if (connection.scalar(live) or 0) >= most:
                raise NotAllowedNow(f"the account has {MAX_LIVE} live playback keys: revoke one first")
            connection.execute(
                tables.playback_key.insert().values(
                    key_id=made.key_id,
                    account_id=account_id,
                    algorithm=algorithm,
                    sealed_secret=self._vault.seal(secret) if secret else "",
                    public_key=public_key,
                    created_at_ms=now_ms(),
                )
            )
        return made
