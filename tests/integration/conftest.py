"""The database of a test, once of each kind, and who may write into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from tests.stored import VAULT

from vodpull.accounts.keys import Accounts, NewKey
from vodpull.database.connection import migrate, open_database
from vodpull.jobs.store.store import Store


@pytest.fixture
def database(database_url: str) -> Iterator[sa.Engine]:
    """Give a database with its tables."""
    engine = open_database(database_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store(database: sa.Engine) -> Store:
    """Give its store."""
    return Store(database)


@pytest.fixture
def accounts(database: sa.Engine) -> Accounts:
    """Give its accounts."""
    return Accounts(database, VAULT)


@pytest.fixture
def key(accounts: Accounts) -> NewKey:
    """Give a key of the account `acme`."""
    return accounts.create_key("acme")
