"""Who may use the console: one password, its one-time set-up links, and the sessions that it opens."""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vodpull.accounts.hashing import HashingThread
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import AuthenticationError, ParameterError

MIN_PASSWORD_CHARACTERS = 10
MAX_PASSWORD_CHARACTERS = 200

SETUP_S = 30 * 60
"""Life of a set-up link, in seconds."""

SESSION_S = 7 * 24 * 3600
"""Life of a session, in seconds."""


OPERATOR = "operator"


class Purpose(StrEnum):
    """What a token lets its holder do."""

    SETUP = "setup"
    """Choose the console's password, once."""
    SESSION = "session"
    """Use the console."""


class Operators:
    """The console's password and tokens of one database. Only hashes are kept of either."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._hasher = PasswordHasher()
        self._hashing = HashingThread()

    def has_password(self) -> bool:
        """Return True once somebody has chosen the password."""
        return self._password_hash() is not None

    def new_setup_token(self) -> str:
        """Return a fresh token that is good for one choice of the password within 30 minutes."""
        return self._new_token(Purpose.SETUP, life_s=SETUP_S)

    def is_setup_token(self, token: str) -> bool:
        """Return True while a set-up token may be used."""
        return self._is_live(token, Purpose.SETUP)

    def choose_password(self, token: str, password: str) -> None:
        """
        Set the password with a set-up token. Every other token, sessions too, ends with that.

        Raises:
            ParameterError: the password is too short or too long.
            AuthenticationError: the token was used, is too old, or was never given out.
            RateLimited: too many passwords are being hashed.
        """
        if not MIN_PASSWORD_CHARACTERS <= len(password) <= MAX_PASSWORD_CHARACTERS:
            raise ParameterError(
                f"the password must have {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters",
                field="password",
            )
        if not self.is_setup_token(token):  # before the costly hash
            raise AuthenticationError("this set-up link was used or is too old")
        password_hash = self._hashing.run(lambda: self._hasher.hash(password))
        with self._engine.begin() as connection:
            used = connection.execute(tables.operator_token.delete().where(_live(token, Purpose.SETUP)))
            if used.rowcount == 0:
                raise AuthenticationError("this set-up link was used or is too old")
            connection.execute(tables.operator_token.delete())
            connection.execute(tables.operator.delete().where(tables.operator.c.name == OPERATOR))
            connection.execute(
                tables.operator.insert().values(name=OPERATOR, password_hash=password_hash, changed_at_ms=now_ms())
            )

    def is_password(self, password: str) -> bool:
        """
        Return True for the password that was chosen.

        Raises:
            RateLimited: too many passwords are being hashed.
        """
        known = self._password_hash()
        if known is None or len(password) > MAX_PASSWORD_CHARACTERS:
            return False
        return self._hashing.run(lambda: self._verifies(known, password))

    def _verifies(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return False

    def open_session(self) -> str:
        """Return the token of a new session; old ones that ran out are forgotten."""
        with self._engine.begin() as connection:
            connection.execute(tables.operator_token.delete().where(tables.operator_token.c.expires_at_ms <= now_ms()))
        return self._new_token(Purpose.SESSION, life_s=SESSION_S)

    def is_session(self, token: str) -> bool:
        """Return True while a session may be used."""
        return self._is_live(token, Purpose.SESSION)

    def close_session(self, token: str) -> None:
        """End a session, in every process."""
        with self._engine.begin() as connection:
            connection.execute(tables.operator_token.delete().where(_live(token, Purpose.SESSION)))

    def _new_token(self, purpose: Purpose, *, life_s: int) -> str:
        token = secrets.token_urlsafe(32)
        with self._engine.begin() as connection:
            connection.execute(
                tables.operator_token.insert().values(
                    token_hash=_hash(token), purpose=purpose.value, expires_at_ms=now_ms() + 1000 * life_s
                )
            )
        return token

    def _is_live(self, token: str, purpose: Purpose) -> bool:
        with self._engine.connect() as connection:
            query = sa.select(tables.operator_token.c.token_hash).where(_live(token, purpose))
            return connection.execute(query).first() is not None

    def _password_hash(self) -> str | None:
        query = sa.select(tables.operator.c.password_hash).where(tables.operator.c.name == OPERATOR)
        with self._engine.connect() as connection:
            found = connection.scalar(query)
        return None if found is None else str(found)


def _live(token: str, purpose: Purpose) -> sa.ColumnElement[bool]:
    row = tables.operator_token.c
    return sa.and_(row.token_hash == _hash(token), row.purpose == purpose.value, row.expires_at_ms > now_ms())


def _hash(token: str) -> str:
    # Tokens are 256 random bits, so a plain digest cannot be turned back; looking it up tells nothing by its time.
    return hashlib.sha256(token.encode()).hexdigest()
