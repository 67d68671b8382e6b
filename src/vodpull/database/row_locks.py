"""What the two databases say in different words about one row: insert it unless it is there, lock it, read it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
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
    return connection.execute(_locking(connection.dialect.name, key), {"value": value}).mappings().first()


@cache
def _locking(dialect: str, key: sa.Column[Any]) -> sa.Executable:
    """Return the statement of `locked_row`: building it takes longer than running it."""
    is_mine = key == sa.bindparam("value")
    if dialect == "postgresql":
        return sa.select(key.table).where(is_mine).with_for_update()
    return sa.update(key.table).where(is_mine).values({key: key}).returning(key.table)
