"""Migrations and the tables that the code sees are the same thing."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from tests.stored import VAULT, accept, older_database

from vodpull.accounts.keys import Accounts
from vodpull.database import tables
from vodpull.database.changes import following
from vodpull.database.connection import migrate, open_database
from vodpull.database.tables import metadata
from vodpull.jobs.store.store import Store


def test_the_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    engine = open_database(database_url)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def test_user_and_password_go_from_addresses_that_an_older_release_kept(database_url: str) -> None:
    database = older_database(database_url, "0005")
    store, accounts = Store(database), Accounts(database, VAULT)
    kept = ("http://ann:hunter2@o.test/a.mp4?x=1", "http://o.test/a@b.mp4")
    jobs = accept(store, accounts, jobs=2).jobs
    with database.begin() as connection:
        for job, url in zip(jobs, kept, strict=True):
            connection.execute(tables.job.update().where(tables.job.c.job_id == job.job_id).values(source_url=url))
    migrate(database)
    urls = [store.find_job(job.job_id)[1].source_url for job in jobs]
    database.dispose()
    assert urls == ["http://***@o.test/a.mp4?x=1", "http://o.test/a@b.mp4"]


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
