"""The key that the data folder keeps for the commands on the same machine."""

from __future__ import annotations

import json
from pathlib import Path

from vodpull.accounts.access_keys import Accounts
from vodpull.atomic import write_atomically

LOCAL_ACCOUNT = "local"
"""Its owner."""

FILE_NAME = "local-key.json"


def keep_local_key(data_dir: Path, accounts: Accounts) -> str:
    """Return the data folder's own access key; one that was lost, damaged or revoked is made anew."""
    path = data_dir / FILE_NAME
    kept = _read(path)
    if kept and accounts.find_live(kept) is not None:
        return kept
    made = accounts.create_key(LOCAL_ACCOUNT)
    document = json.dumps({"access_key": made.access_key, "secret_key": made.secret_key})
    write_atomically(path, document.encode(), mode=0o600)
    return made.access_key


def is_local_key(data_dir: Path, access_key: str) -> bool:
    """Return True for the key that the data folder keeps."""
    return _read(data_dir / FILE_NAME) == access_key


def _read(path: Path) -> str:
    try:
        return str(json.loads(path.read_text())["access_key"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
