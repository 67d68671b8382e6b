"""
Whether a master key is the one that the secrets of a database are sealed with: one for all processes.

It seals in `sealed_secrets.py`; the file that it lies in where none is set is made in `master_key.py`.
"""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.accounts.sealed_secrets import Vault
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.errors import ConfigurationError

_FINGERPRINT = "master_key"


def known_fingerprint(connection: sa.Connection) -> str | None:
    """Return the fingerprint of the master key in use; None: there is none yet."""
    row = tables.installation.c
    found = connection.scalar(sa.select(row.value).where(row.name == _FINGERPRINT))
    return None if found is None else str(found)


def is_sealed(engine: sa.Engine) -> bool:
    """Return True when the database has secrets that only its master key opens."""
    with engine.connect() as connection:
        known = known_fingerprint(connection)
        return known is not None or connection.scalar(sa.select(tables.account.c.account_id).limit(1)) is not None


def check_master_key(engine: sa.Engine, vault: Vault) -> None:
    """
    Make sure that a vault has the master key of this database; the first one becomes it.

    Raises:
        ConfigurationError: it has another one.
    """
    with engine.begin() as connection:
        known = known_fingerprint(connection)
        if known is None:
            sealed = connection.scalar(sa.select(tables.account.c.sealed_notify_secret).limit(1))
            if sealed is not None:
                vault.open(sealed)  # raises; a database of a time without fingerprints
            insert_new(connection, tables.installation, {"name": _FINGERPRINT, "value": vault.fingerprint})
            known = known_fingerprint(connection)  # of whichever process was first
    if known != vault.fingerprint:
        raise other_master_key()


def other_master_key() -> ConfigurationError:
    """Return the error for a key that opens nothing of this database."""
    return ConfigurationError(
        "VODPULL_MASTER_KEY: this database's secrets are sealed with another master key",
        field="VODPULL_MASTER_KEY",
        remedy="Set VODPULL_MASTER_KEY to the key that the first process had (or to its master.key).",
    )
