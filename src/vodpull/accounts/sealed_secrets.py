"""Secrets at rest, sealed with the master key. How long that must be, and where it lies: `master_key.py`."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vodpull.accounts.master_key import check_length
from vodpull.errors import ConfigurationError


class Vault:
    """Seals secrets with the master key, which never lies in the database."""

    def __init__(self, master_key: str) -> None:
        """
        Take the master key: any text that is long enough; the cipher's key is derived from it (RFC 5869).

        Raises:
            ConfigurationError: the text is too short to protect anything.
        """
        check_length(master_key)
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
