"""Which version the tables of a database are of, and that they are of this one (how: `upgrade.py`)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from vodpull.database.connection_errors import FIELD, explained
from vodpull.errors import ConfigurationError

_REVISIONS = Path(__file__).parent / "migrations" / "versions"
"""Each in a file whose name begins with its number."""

_MIGRATION_LOCK = 0x766F6470
"""Advisory lock number that serialises migrations on PostgreSQL ("vodp")."""


def migrate(engine: sa.Engine) -> None:
    """
    Bring the tables to this version; safe when several processes start at once.

    Raises:
        ConfigurationError: it cannot be used as it is set, or was written by a newer vodpull (no downgrades).
        DatabaseUnavailable: it does not answer.
    """
    with explained(engine), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")  # some compute for long
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        state = _state(connection)
        if state == "newer":
            raise ConfigurationError(
                f"the database was written by a newer vodpull (this one knows revision {revisions()[-1]})",
                field=FIELD,
                remedy="Start the newer version, or restore a backup made before the upgrade.",
            )
        if state != "current":
            # Hardly any start has anything to upgrade, and to load what does it is a sixth of a command.
            from vodpull.database.upgrade import upgrade  # noqa: PLC0415

            upgrade(connection, "head")


TablesState = Literal["none", "older", "current", "newer"]


def tables_state(engine: sa.Engine) -> TablesState:
    """
    Return of which version the tables are, compared with this one; changes nothing.

    Raises:
        ConfigurationError: the database cannot be used as it is set.
        DatabaseUnavailable: it does not answer.
    """
    with explained(engine), engine.connect() as connection:
        return _state(connection)


def revisions() -> list[str]:
    """Return the numbers of all revisions, oldest first."""
    return sorted(path.name.partition("_")[0] for path in _REVISIONS.glob("[0-9]*.py"))


def _state(connection: sa.Connection) -> TablesState:
    is_there = sa.inspect(connection).has_table("alembic_version")
    found = connection.scalar(sa.text("SELECT version_num FROM alembic_version")) if is_there else None
    if found is None:
        return "none"
    *older, newest = revisions()
    if found == newest:
        return "current"
    return "older" if found in older else "newer"
