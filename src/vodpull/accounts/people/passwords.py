"""Passwords of operators: what one must be like, and their hashes."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vodpull.accounts.people.hashing_queue import HashingThread
from vodpull.errors import ParameterError

MIN_PASSWORD_CHARACTERS = 10
MAX_PASSWORD_CHARACTERS = 200

# Of no password: a guess at the name of nobody takes as long as one at a password.
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$8Uru55BV4FVmKy8Z3LgWpA$0oNVZfAi2A4pYERLhSu6BPoSOZahiMIvRmhjQRNta9A"


class Passwords:
    """Hashes passwords and compares them; only hashes are kept."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._hashing = HashingThread()

    def hash(self, password: str) -> str:
        """
        Return the hash of a new password.

        Raises:
            ParameterError: the password is too short or too long.
            RateLimited: too many passwords are being hashed.
        """
        if not MIN_PASSWORD_CHARACTERS <= len(password) <= MAX_PASSWORD_CHARACTERS:
            raise ParameterError(
                f"the password must have {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters",
                field="password",
            )
        return self._hashing.run(lambda: self._hasher.hash(password))

    def fits(self, password: str, password_hash: str) -> bool:
        """
        Return True for the password of this hash; an empty hash is that of nobody.

        Raises:
            RateLimited: too many passwords are being hashed.
        """
        if len(password) > MAX_PASSWORD_CHARACTERS:
            return False
        return self._hashing.run(lambda: self._verifies(password_hash or _NOBODYS, password)) and bool(password_hash)

    def _verifies(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return False
