"""What the two databases say in different words about one row: insert it unless it is there, lock it, read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one of its keys exists, and return whether it was inserted; waits for a rival to commit."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(values).on_conflict_do_nothing()
    # SQLAlchemy keeps the count of an insert only when told to; psycopg gives -1 else.
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def lock_row(connection: sa.Connection, key: sa.Column[Any], value: object) -> None:
    """
    Let nobody else change the row with this key until the transaction ends.

    SQLite knows no locks of rows, and begins its transaction at the first write: one that changes nothing takes the
    lock of the database.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(key).where(key == value).with_for_update())
    else:
        connection.execute(sa.update(key.table).where(key == value).values({key: key}))


def locked_row(connection: sa.Connection, key: sa.Column[Any], value: object) -> sa.RowMapping | None:
    """Return the row with this key, locked as `lock_row` does it, in one statement; None: there is none."""
    query: sa.Executable
    if connection.dialect.name == "postgresql":
        query = sa.select(key.table).where(key == value).with_for_update()
    else:
        query = sa.update(key.table).where(key == value).values({key: key}).returning(key.table)
    return connection.execute(query).mappings().first()
