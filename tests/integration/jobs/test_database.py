"""Migrations and the tables that the code sees are the same thing."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from vodpull.database import tables
from vodpull.database.changes import following
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate
from vodpull.database.tables import metadata


def test_the_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    engine = open_database(database_url)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def test_a_mark_changes_with_every_commit_and_with_nothing_else(database: sa.Engine) -> None:
    def touch() -> None:
        with database.begin() as connection:
            row = {"name": uuid4().hex, "value": "x"}
            connection.execute(tables.installation.insert().values(row))

    with following(database) as mark:
        first = mark()
        assert mark() == first
        touch()
        second = mark()
        touch()
        assert len({first, second, mark()}) == 3
        assert mark() == mark()
