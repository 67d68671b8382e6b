"""The one operator of an older database becomes an owner, and whoever is logged in stays so."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.stored import older_database

from vodpull.accounts.people.console_tokens import hash_of
from vodpull.accounts.people.operators import Operators
from vodpull.accounts.people.passwords import Passwords
from vodpull.accounts.people.roles import Role
from vodpull.accounts.people.sessions import Bearer, Sessions
from vodpull.clock import now_ms
from vodpull.database.migrate import migrate

BEFORE = "0018"


@pytest.fixture
def older(database_url: str) -> sa.Engine:
    engine = older_database(database_url, BEFORE)
    tables = sa.MetaData()
    tables.reflect(engine, only=["operator", "operator_token"])
    row = {"name": "operator", "password_hash": Passwords().hash("a long password"), "changed_at_ms": 7}
    token = {"token_hash": hash_of("in"), "purpose": "session", "expires_at_ms": now_ms() + 60_000}
    with engine.begin() as connection:
        connection.execute(tables.tables["operator"].insert().values(row))
        connection.execute(tables.tables["operator_token"].insert().values(token))
    return engine


def test_the_operator_of_before_is_an_owner_and_still_in(older: sa.Engine) -> None:
    migrate(older)
    operators = Operators(older)
    [found] = operators.listed()
    assert (found.name, found.role, found.created_at_ms, found.has_password) == ("operator", Role.OWNER, 7, True)
    assert operators.is_password("a long password")
    assert Sessions(older).bearer("in") == Bearer(operator="operator", role=Role.OWNER)
    older.dispose()
