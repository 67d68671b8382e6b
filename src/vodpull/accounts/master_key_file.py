"""The file with the master key, for installations that set none: made once, readable by its owner only."""

from __future__ import annotations

import secrets
from pathlib import Path

from vodpull.accounts.sealed_secrets import Vault
from vodpull.atomic import flush, write_atomically


def new_master_key() -> str:
    """Return a fresh master key."""
    return secrets.token_urlsafe(32)


def vault_of_file(path: Path) -> Vault:
    """Return the vault of a key file, which is made when it is not there yet."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        write_atomically(fresh, new_master_key().encode(), mode=0o600)
        try:
            path.hardlink_to(fresh)  # fails when another process was first, whose key then counts
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        flush(path.parent)
    return Vault(path.read_text().strip())
