"""Secrets at rest, sealed with the master key. Where that lies in a file: `master_key_file.py`."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vodpull.errors import ConfigurationError

MIN_MASTER_KEY_CHARACTERS = 16


class Vault:
    """Seals secrets with the master key, which never lies in the database."""

    def __init__(self, master_key: str) -> None:
        """
        Take the master key: any text of at least 16 characters; the cipher's key is derived from it (RFC 5869).

        Raises:
            ConfigurationError: the text is too short to protect anything.
        """
        if len(master_key) < MIN_MASTER_KEY_CHARACTERS:
            raise ConfigurationError(
                f"VODPULL_MASTER_KEY must have at least {MIN_MASTER_KEY_CHARACTERS} characters",
                field="VODPULL_MASTER_KEY",
            )
        self._fernet = Fernet(base64.urlsafe_b64encode(_derived(master_key, b"vodpull secrets at rest")))
        self.fingerprint = _derived(master_key, b"vodpull fingerprint").hex()
        """Tells two keys apart, and nothing about either."""
        self.upload_secret = _derived(master_key, b"vodpull upload-1").hex()
        """Signs upload tokens, in every process alike."""

    def seal(self, secret: str) -> str:
        """Return the secret encrypted and authenticated."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """
        Return the secret in clear.

        Raises:
            ConfigurationError: it was sealed under another master key.
        """
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise ConfigurationError(
                "a stored secret was sealed under another master key", field="VODPULL_MASTER_KEY"
            ) from error


def _derived(master_key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(master_key.encode())
