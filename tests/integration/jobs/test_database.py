"""Migrations and the tables that the code sees are the same thing."""

from __future__ import annotations

import sys
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.services.postgres import Postgres

from vodpull.database import connection, tables
from vodpull.database.commit_watch import following
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate, revisions
from vodpull.database.tables import metadata
from vodpull.database.upgrade import MIGRATIONS
from vodpull.workflows.engine.heartbeats import BeatLimits


def test_the_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    engine = open_database(database_url)
    migrate(engine)
    with engine.connect() as mine:
        context = MigrationContext.configure(mine, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def test_revisions_are_in_the_order_of_their_files() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert revisions() == [script.revision for script in scripts.walk_revisions()][::-1]


def test_a_current_database_is_opened_without_what_upgrades_one(
    database: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vodpull.database.upgrade", None)
    migrate(database)
    with database.begin() as mine:
        mine.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(ModuleNotFoundError):
        migrate(database)


def test_what_a_vanished_process_has_locked_is_free_again(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its link was cut within a transaction, of which the server learns nothing: the connection stays open."""
    monkeypatch.setitem(connection.SESSION_LIMITS, "idle_in_transaction_session_timeout", "200ms")
    url = postgres.driver_url()
    vanished, other = open_database(url), open_database(url)
    migrate(other)
    row = tables.installation.c.name == "x"
    with other.begin() as its:
        its.execute(tables.installation.insert().values(name="x", value="before"))
    with vanished.connect() as silent:
        silent.execute(tables.installation.update().where(row).values(value="half"))
        with other.begin() as its:
            its.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
            its.execute(tables.installation.update().where(row).values(value="after"))
        with pytest.raises(sa.exc.OperationalError):
            silent.commit()
    with vanished.connect() as again:
        assert again.scalar(sa.select(tables.installation.c.value).where(row)) == "after"
    vanished.dispose()
    other.dispose()


def test_a_lock_is_free_before_the_work_of_who_held_it_is_taken_over() -> None:
    idle = connection.SESSION_LIMITS["idle_in_transaction_session_timeout"]
    assert float(idle.removesuffix("s")) < BeatLimits().death_s - BeatLimits().beat_s


def test_a_mark_changes_with_every_commit_and_with_nothing_else(database: sa.Engine) -> None:
    def touch() -> None:
        with database.begin() as mine:
            row = {"name": uuid4().hex, "value": "x"}
            mine.execute(tables.installation.insert().values(row))

    with following(database) as mark:
        first = mark()
        assert mark() == first
        touch()
        second = mark()
        touch()
        assert len({first, second, mark()}) == 3
        assert mark() == mark()
