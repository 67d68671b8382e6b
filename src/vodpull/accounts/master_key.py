"""
The master key: how long it must be, and the file with it, for installations that set none.

That file is made once, readable by its owner only.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from vodpull.atomic import flush, write_atomically
from vodpull.errors import ConfigurationError

MIN_MASTER_KEY_CHARACTERS = 16


def check_length(master_key: str) -> None:
    """
    Make sure that a master key is long enough to protect anything.

    Raises:
        ConfigurationError: it is not.
    """
    if len(master_key) < MIN_MASTER_KEY_CHARACTERS:
        raise ConfigurationError(
            f"VODPULL_MASTER_KEY must have at least {MIN_MASTER_KEY_CHARACTERS} characters",
            field="VODPULL_MASTER_KEY",
        )


def new_master_key() -> str:
    """Return a fresh master key."""
    return secrets.token_urlsafe(32)


def master_key_of_file(path: Path) -> str:
    """Return the master key in a file, which is made when it is not there yet."""
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
    return path.read_text().strip()
