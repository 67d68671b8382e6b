"""Which version the tables of a database are of, and how they are brought to this one (by `migrations`)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from vodpull.database.connection_errors import FIELD, explained
from vodpull.errors import ConfigurationError

_MIGRATION_LOCK = 0x766F6470
"""Advisory lock number that serialises migrations on PostgreSQL ("vodp")."""


def migrate(engine: sa.Engine) -> None:
    """
    Bring the tables to this version; safe when several processes start at once.

    Raises:
        ConfigurationError: it cannot be used as it is set, or was written by a newer vodpull (no downgrades).
        DatabaseUnavailable: it does not answer.
    """
    config = migrations()
    with explained(engine), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")  # some compute for long
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            newest = ScriptDirectory.from_config(config).get_current_head()
            raise ConfigurationError(
                f"the database was written by a newer vodpull (this one knows revision {newest})",
                field=FIELD,
                remedy="Start the newer version, or restore a backup made before the upgrade.",
            ) from error


def migrations() -> Config:
    """Return where Alembic finds the revisions."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


TablesState = Literal["none", "older", "current", "newer"]


def tables_state(engine: sa.Engine) -> TablesState:
    """
    Return of which version the tables are, compared with this one; changes nothing.

    Raises:
        ConfigurationError: the database cannot be used as it is set.
        DatabaseUnavailable: it does not answer.
    """
    with explained(engine), engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    known = ScriptDirectory.from_config(migrations())
    if found is None:
        return "none"
    if found == known.get_current_head():
        return "current"
    return "older" if found in {script.revision for script in known.walk_revisions()} else "newer"
