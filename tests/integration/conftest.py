"""
The database of a test, once of each kind, and who may write into it.

Its tables are made once and then copied: a dozen migrations are most of what a test of one statement would take.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.quick_hashes import quick_hashes
from tests.services.postgres import Postgres
from tests.services.tables import copy_of_tables
from tests.stored import VAULT

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.database.connection import open_database
from vodpull.jobs.store.store import Store


@pytest.fixture(scope="module", autouse=True)
def _quick_hashes() -> Iterator[None]:
    with quick_hashes():
        yield


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a database with its tables."""
    file = tmp_path_factory.mktemp("tables") / "vodpull.db"
    copy_of_tables(file)
    return file


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def url_with_tables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a database with its tables for the tests of a module, once of each kind."""
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("database")
        return f"sqlite:///{shutil.copyfile(request.getfixturevalue('sqlite_with_tables'), folder / 'vodpull.db')}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.url(like=server.with_tables)


@pytest.fixture
def sqlite_file(sqlite_with_tables: Path) -> Path:
    """Return the file of which a test gets a copy."""
    return sqlite_with_tables


@pytest.fixture
def database(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Iterator[sa.Engine]:
    """Give a database with its tables."""
    if database_kind == "sqlite":
        file = shutil.copyfile(request.getfixturevalue("sqlite_file"), tmp_path / "vodpull.db")
        url = f"sqlite:///{file}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.driver_url(like=server.with_tables)
    engine = open_database(url)
    if database_kind == "sqlite":
        sa.event.listen(engine, "before_cursor_execute", _refuse_what_is_too_long)
    yield engine
    engine.dispose()


def _refuse_what_is_too_long(*call: Any) -> None:
    """Be as strict as PostgreSQL: SQLite keeps any text in a column of any length."""
    context = call[4]
    if context is None or not (context.isinsert or context.isupdate):
        return
    columns = context.compiled.statement.table.c
    for values in context.compiled_parameters:
        for name, value in values.items():
            most = getattr(columns[name].type, "length", None) if name in columns else None
            assert not (most and isinstance(value, str) and len(value) > most), f"{columns[name]} takes {most}: {value}"


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
