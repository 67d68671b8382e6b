from __future__ import annotations

from pathlib import Path

import pytest

from vodpull.accounts.access_keys import Accounts
from vodpull.accounts.master_key import new_master_key
from vodpull.accounts.sealed_secrets import Vault
from vodpull.app.local_key import FILE_NAME, is_local_key, keep_local_key
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    database = open_database(f"sqlite:///{tmp_path}/vodpull.db")
    migrate(database)
    return Accounts(database, Vault(new_master_key()))


def test_a_live_key_is_kept(tmp_path: Path, accounts: Accounts) -> None:
    assert keep_local_key(tmp_path, accounts) == keep_local_key(tmp_path, accounts)
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_revoked_key_is_made_anew(tmp_path: Path, accounts: Accounts) -> None:
    first = keep_local_key(tmp_path, accounts)
    assert is_local_key(tmp_path, first)
    accounts.revoke_key(first)
    second = keep_local_key(tmp_path, accounts)
    assert accounts.find_live(second) is not None
    assert is_local_key(tmp_path, second)
    assert not is_local_key(tmp_path, first)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"access_key": "AKGONE"}'])
def test_a_damaged_file_or_an_unknown_key_is_made_anew(tmp_path: Path, accounts: Accounts, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert accounts.find_live(keep_local_key(tmp_path, accounts)) is not None
