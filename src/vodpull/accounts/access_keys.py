"""Access keys: who may call, for which account, until when. What is kept of an account itself: `account_records.py`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Literal, NoReturn

import sqlalchemy as sa

from vodpull.accounts.account_records import LIST_REMEDY, AccountRecords
from vodpull.accounts.scopes import EVERY_SCOPE, Scope, read_scopes, write_scopes
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import NotAllowedNow, NotFound, ParameterError, PermissionDenied

MAX_NAME_CHARACTERS = 100


@dataclass(frozen=True, kw_only=True)
class AccessKey:
    """An access key as listed: without its secret."""

    access_key: str
    name: str
    """Name of the account that owns it."""
    account_id: str
    created_at_ms: int
    revoked_at_ms: int | None
    is_rotating: bool
    """Two secrets sign until the rotation is finished."""
    scopes: frozenset[Scope] = EVERY_SCOPE
    expires_at_ms: int | None = None
    """None: never."""

    def state(self, *, now_ms: int) -> Literal["live", "revoked", "expired"]:
        """Return whether it is good for anything."""
        if self.revoked_at_ms is not None:
            return "revoked"
        return "expired" if self.expires_at_ms is not None and self.expires_at_ms <= now_ms else "live"


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A key just made, with its secret in clear, this once."""

    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class LiveKey:
    """An access key that may be used now."""

    access_key: str
    account_id: str
    secrets: tuple[str, ...] = field(repr=False)
    """Any of these signs for the key: two while a secret is being replaced."""
    scopes: frozenset[Scope] = EVERY_SCOPE
    expires_at_ms: int | None = None
    """None: never."""

    def require(self, scope: Scope) -> None:
        """
        Make sure that the key may do this.

        Raises:
            PermissionDenied: it may not.
        """
        if scope not in self.scopes:
            raise PermissionDenied(
                f"this access key has no scope {scope.value}",
                field="scope",
                remedy="Use a key that has it: `vodpull keys list` shows the scopes of each.",
            )


class Accounts(AccountRecords):
    """The accounts and access keys of one database."""

    def create_key(
        self, name: str, *, scopes: frozenset[Scope] = EVERY_SCOPE, expires_at_ms: int | None = None
    ) -> NewKey:
        """
        Make an access key for the account of this name, and the account when it is new.

        The secret is returned this once; only its sealed form is kept.

        Raises:
            ParameterError: the name is empty or longer than 100 characters.
        """
        name = name.strip()
        if not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
            raise ParameterError("NAME must have 1 to 100 printable characters", field="NAME")
        # 20 and 40 characters without look-alikes of separators: safe in headers, shells and bearer tokens.
        made = NewKey(access_key="AK" + secrets.token_hex(14).upper(), secret_key=secrets.token_hex(24))
        with self._engine.begin() as connection:
            account_id = self.ensure(connection, name)
            connection.execute(
                tables.access_key.insert().values(
                    access_key=made.access_key,
                    account_id=account_id,
                    sealed_secret=self._vault.seal(made.secret_key),
                    created_at_ms=now_ms(),
                    scopes=write_scopes(scopes),
                    expires_at_ms=expires_at_ms,
                )
            )
        return made

    def rotate_key(self, access_key: str) -> NewKey:
        """
        Give a live key a second secret, which is returned this once; both sign until `finish_rotation`.

        Raises:
            NotFound: no live key has this name.
            NotAllowedNow: a rotation is under way.
        """
        made = NewKey(access_key=access_key, secret_key=secrets.token_hex(24))
        with self._engine.begin() as connection:
            changed = connection.execute(
                tables.access_key.update()
                .where(_is_live(access_key), tables.access_key.c.sealed_next_secret.is_(None))
                .values(sealed_next_secret=self._vault.seal(made.secret_key))
            )
        if changed.rowcount == 0:
            self._explain(access_key, otherwise="a rotation of this key is under way: finish it first")
        return made

    def finish_rotation(self, access_key: str) -> None:
        """
        Drop the older of a key's two secrets.

        Raises:
            NotFound: no live key has this name.
            NotAllowedNow: no rotation is under way.
        """
        with self._engine.begin() as connection:
            changed = connection.execute(
                tables.access_key.update()
                .where(_is_live(access_key), tables.access_key.c.sealed_next_secret.is_not(None))
                .values(sealed_secret=tables.access_key.c.sealed_next_secret, sealed_next_secret=None)
            )
        if changed.rowcount == 0:
            self._explain(access_key, otherwise="no rotation of this key is under way")

    def _explain(self, access_key: str, *, otherwise: str) -> NoReturn:
        if self.find_live(access_key) is None:
            raise NotFound(f"there is no live key {access_key}", field="ACCESS_KEY", remedy=LIST_REMEDY)
        raise NotAllowedNow(otherwise, field="ACCESS_KEY")

    def list_keys(self) -> list[AccessKey]:
        """Return every key, revoked ones too, oldest first."""
        query = (
            sa.select(tables.access_key, tables.account.c.name)
            .join(tables.account)
            .order_by(tables.access_key.c.created_at_ms)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            AccessKey(
                **{key: value for key, value in row.items() if key not in _SECRETS}
                | {"scopes": read_scopes(row["scopes"].split())},
                is_rotating=row["sealed_next_secret"] is not None,
            )
            for row in rows
        ]

    def revoke_key(self, access_key: str) -> bool:
        """Make a key useless from now on, in every process; return False when no live key has this name."""
        with self._engine.begin() as connection:
            changed = connection.execute(
                tables.access_key.update().where(_is_live(access_key)).values(revoked_at_ms=now_ms())
            )
        return changed.rowcount == 1

    def find_live(self, access_key: str) -> LiveKey | None:
        """Return a key that is neither revoked nor expired, read each time so that a revocation counts at once."""
        query = sa.select(tables.access_key).where(_is_live(access_key))
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return LiveKey(
            access_key=row["access_key"],
            account_id=row["account_id"],
            secrets=tuple(self._vault.open(row[name]) for name in _SECRETS if row[name] is not None),
            scopes=read_scopes(row["scopes"].split()),
            expires_at_ms=row["expires_at_ms"],
        )


_SECRETS = ("sealed_secret", "sealed_next_secret")


def _is_live(access_key: str) -> sa.ColumnElement[bool]:
    key = tables.access_key.c
    unexpired = sa.or_(key.expires_at_ms.is_(None), key.expires_at_ms > now_ms())
    return sa.and_(key.access_key == access_key, key.revoked_at_ms.is_(None), unexpired)
