"""How much there is of an import is told without counting its entries, and is what counting them would tell."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from tests.statements import statements
from tests.stored import FAILURE, accepted, older_database

from vodpull.accounts.access_keys import NewKey
from vodpull.database import tables
from vodpull.database.import_figures import count_again
from vodpull.database.migrate import migrate
from vodpull.imports.entries import Entry
from vodpull.imports.import_rows import EntryChange, ImportRows, change_entries, insert_entries, insert_import
from vodpull.imports.import_states import (
    EntryState,
    Figures,
    Import,
    ImportOptions,
    ImportState,
    ListedEntry,
    Tally,
    Volume,
)

ENTRY = ListedEntry(
    number=1,
    origin_id="",
    revision="",
    state=EntryState.WAITING,
    entry=Entry("", "https://o.test/1"),
    size_bytes=None,
    duration_ms=1000,
    video_id=None,
    job_id=None,
    failure=None,
    at_ms=1,
)


def begun(database: sa.Engine, account_id: str, number: int) -> Import:
    """Insert an import of six entries: three have a size, one is under way, and one will never be."""
    made = Import(
        import_id=f"i{number:031x}",
        account_id=account_id,
        access_key="k",
        kind="list",
        source="s" * 64,
        place={},
        options=ImportOptions(),
        state=ImportState.RUNNING,
        created_at_ms=number,
    )
    with database.begin() as connection:
        insert_import(connection, made)
        listed = [
            replace(ENTRY, number=each, origin_id=f"o{each}", size_bytes=100 * each if each > 3 else None)
            for each in range(1, 7)
        ]
        insert_entries(connection, made, [*listed[:5], replace(listed[5], state=EntryState.INVALID)])
    return made


def test_what_becomes_of_entries_moves_the_figures_of_their_import(database: sa.Engine, key: NewKey) -> None:
    [job] = accepted(database, key).jobs
    with database.begin() as connection:
        mine = tables.job.c.job_id == job.job_id
        connection.execute(tables.job.update().where(mine).values(received_bytes=70, bytes_done=60))
        account_id = str(connection.scalar(sa.select(tables.batch.c.account_id)))
    made, ledger = begun(database, account_id, 1), ImportRows(database)
    changes = [
        EntryChange(number=1, state=EntryState.DONE, size_bytes=11, fetched_bytes=13),
        EntryChange(number=2, state=EntryState.FAILED, failure=FAILURE, fetched_bytes=5),
        EntryChange(number=4, state=EntryState.RUNNING, job_id=job.job_id),
    ]
    with database.begin() as connection:
        change_entries(connection, made.import_id, changes)
    found = ledger.figures([made.import_id])
    assert found == {
        made.import_id: Figures(
            {
                EntryState.DONE: Tally(entries=1, size_bytes=11, unsized=0, duration_ms=1000),
                EntryState.FAILED: Tally(entries=1, size_bytes=0, unsized=1, duration_ms=1000),
                EntryState.RUNNING: Tally(entries=1, size_bytes=400, unsized=0, duration_ms=1000),
                EntryState.WAITING: Tally(entries=2, size_bytes=500, unsized=1, duration_ms=2000),
                EntryState.INVALID: Tally(entries=1, size_bytes=600, unsized=0, duration_ms=1000),
            },
            Volume(fetched_bytes=13 + 5 + 70, needed_bytes=11 + 60),
        )
    }
    with database.begin() as connection:
        count_again(connection, made.import_id)
    assert ledger.figures([made.import_id]) == found
    with database.begin() as connection:
        change_entries(connection, made.import_id, [EntryChange(number=2, state=EntryState.WAITING)])
    assert EntryState.FAILED not in ledger.figures([made.import_id])[made.import_id].tallies


def test_pages_of_imports_and_entries_take_the_same_few_statements(database: sa.Engine, key: NewKey) -> None:
    account_id, ledger = str(accepted(database, key).batch.account_id), ImportRows(database)

    def read_page() -> int:
        found, _ = ledger.page(account_id, limit=100)
        return len(ledger.figures([each.import_id for each in found]))

    for count in (1, 9):
        made = begun(database, account_id, count)
        for more in range(100 * count, 100 * count + count):
            begun(database, account_id, more)
        assert statements(database, read_page) == 3
        assert statements(database, lambda: ledger.entries(made.import_id)) == 1  # noqa: B023 - called at once
    assert read_page() == 12


def test_imports_of_before_have_their_figures(database_url: str) -> None:
    database = older_database(database_url, "0024")
    old = sa.MetaData()
    old.reflect(database, only=["account", "imports", "import_entries"])
    with database.begin() as connection:
        account = {"account_id": "a", "name": "acme", "sealed_notify_secret": "", "created_at_ms": 1}
        connection.execute(old.tables["account"].insert().values(account))
        made = {
            **dict.fromkeys(("import_id", "account_id", "access_key", "kind", "source", "cursor"), "a"),
            "place": {},
            "options": {},
            "state": "done",
            "is_listed": True,
            **dict.fromkeys(("listed", "turn", "tries", "created_at_ms"), 3),
        }
        connection.execute(old.tables["imports"].insert().values(made))
        entry = {"import_id": "a", "account_id": "a", "revision": "", "entry": {}, "at_ms": 1}
        rows = [
            {"number": 1, "state": "done", "size_bytes": 5_000_000_000, "duration_ms": 7, "fetched_bytes": 9},
            {"number": 2, "state": "done", "size_bytes": None, "duration_ms": None, "fetched_bytes": None},
            {"number": 3, "state": "failed", "size_bytes": 1, "duration_ms": None, "fetched_bytes": 2},
        ]
        connection.execute(old.tables["import_entries"].insert(), [entry | row for row in rows])
    migrate(database)
    tallies, volume = ImportRows(database).figures(["a"])["a"]
    database.dispose()
    assert tallies == {
        EntryState.DONE: Tally(entries=2, size_bytes=5_000_000_000, unsized=1, duration_ms=7),
        EntryState.FAILED: Tally(entries=1, size_bytes=1, unsized=0, duration_ms=0),
    }
    assert volume == Volume(fetched_bytes=11, needed_bytes=5_000_000_000)
