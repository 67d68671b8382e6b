"""The connection to the database, its limits, and its clock; what is done while its disk is full: `full_disk.py`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import sqlalchemy as sa
from pydantic_core import from_json

from vodpull.database.connection_errors import FIELD
from vodpull.errors import ConfigurationError

POOL_SIZE = 8
"""Connections per process; PostgreSQL counts them all against `max_connections`."""

NETWORK_LIMITS = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # in milliseconds, unlike the others
}
"""A connection that is cut is given up within half a minute, not after the kernel's quarter of an hour."""

SESSION_LIMITS = {
    "idle_in_transaction_session_timeout": "20s",
    "tcp_keepalives_idle": "10s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25s",
}
"""
The same on the server's side: what a process has locked is free again when its link was cut in a transaction.

The first is shorter than the silence after which a process counts as dead (`executors.BeatLimits`): whoever takes over
finds no lock of it. Work that a dead process was just claiming would else wait until the server gives its connection
up, which takes two hours if nothing is set.
"""

URL_REMEDY = "Write postgresql://user:password@host:5432/database, or nothing for a SQLite file in the data folder."


def open_database(url: str) -> sa.Engine:
    """
    Return the engine for a database URL; the caller disposes of it.

    SQLite runs with a write-ahead log and full sync, so that what was committed survives a power cut (reference
    figure: 2,300 commits a second, far above what ingest needs), and takes its write lock at once, so that two
    writers wait for each other instead of failing.

    Raises:
        ConfigurationError: the URL names no database that vodpull can use.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise ConfigurationError(f"{FIELD} is not a database URL", field=FIELD, remedy=URL_REMEDY) from error
    if parsed.get_backend_name() == "sqlite":
        _make_folder(Path(str(parsed.database)).parent)
        engine = sa.create_engine(
            url, pool_size=POOL_SIZE, max_overflow=POOL_SIZE, hide_parameters=True, json_deserializer=from_json
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        return engine
    if parsed.drivername != "postgresql+psycopg":
        raise ConfigurationError(f"{FIELD}: {parsed.drivername} is not supported", field=FIELD, remedy=URL_REMEDY)
    engine = sa.create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_pre_ping=True,
        hide_parameters=True,
        json_deserializer=from_json,
        connect_args={name: value for name, value in NETWORK_LIMITS.items() if name not in parsed.query},
    )
    sa.event.listen(engine, "connect", _limit_session)
    sa.event.listen(engine, "handle_error", _call_outage_by_its_name)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"the folder of the database, {folder}, cannot be made: {error.strerror}"
        remedy = "Name a folder that this user may write to (VODPULL_DATA_DIR)."
        raise ConfigurationError(why, field=FIELD, remedy=remedy) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _limit_session(connection: psycopg.Connection, _record: object) -> None:
    # Not among the parameters of the connection: poolers refuse those that they do not know.
    settings = [value for pair in SESSION_LIMITS.items() for value in pair]
    connection.execute("select " + ", ".join(["set_config(%s, %s, false)"] * len(SESSION_LIMITS)), settings)
    connection.commit()


def _call_outage_by_its_name(context: sa.engine.ExceptionContext) -> None:
    """A connection that the server ended is an outage, whatever the driver calls it (an internal error, when idle)."""
    found = context.sqlalchemy_exception
    if context.is_disconnect and isinstance(found, sa.exc.InternalError):
        raise sa.exc.OperationalError(
            found.statement, found.params, context.original_exception, hide_parameters=True, connection_invalidated=True
        ) from context.original_exception


def database_clock(engine: sa.Engine) -> sa.ColumnElement[float]:
    """Return an expression for the database's Unix time in seconds: one clock for all machines."""
    if engine.dialect.name == "sqlite":
        return (sa.func.julianday("now") - 2440587.5) * 86400.0  # Julian day of the Unix epoch; seconds of a day
    return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Float)


def database_time_s(engine: sa.Engine) -> float:
    """Return the database's Unix time in seconds."""
    with engine.connect() as connection:
        return float(connection.scalar(sa.select(database_clock(engine))) or 0.0)
