"""Why a database cannot be used, in words that name the setting and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import sqlalchemy as sa

from vodpull.errors import ConfigurationError, DatabaseUnavailable, VodpullError

FIELD = "VODPULL_DATABASE_URL"


@dataclass(frozen=True, kw_only=True)
class _Cause:
    says: str
    """What the driver's message has in it, in lower case."""
    remedy: str
    kind: type[VodpullError] = ConfigurationError


# libpq tells causes by words alone; the first that fits counts.
_POSTGRESQL = (
    _Cause(
        says="password",
        remedy=f"Correct user and password in {FIELD}; of special characters write the code, such as %40 for @.",
    ),
    _Cause(says="role ", remedy="Make the user (`createuser NAME`), or name another one in the URL."),
    _Cause(says="pg_hba.conf", remedy="Let this machine and user in: a line in the server's pg_hba.conf."),
    _Cause(says="permission denied", remedy="Make the user the owner of the database: ALTER DATABASE … OWNER TO …"),
    _Cause(says="does not exist", remedy="Make the database (`createdb NAME`), or correct its name in the URL."),
    _Cause(says="resolve host", remedy=f"Correct the host in {FIELD}, or this machine's name resolution."),
    _Cause(says="could not translate host", remedy=f"Correct the host in {FIELD}, or this machine's name resolution."),
    _Cause(
        says="certificate",
        remedy="Name the authority that the server's certificate is from: `?sslmode=verify-full&sslrootcert=FILE`.",
    ),
    _Cause(says="ssl", remedy="Switch TLS on in the server (`ssl = on`), or ask for it no more: `?sslmode=prefer`."),
    _Cause(
        says="refused", kind=DatabaseUnavailable, remedy="Start PostgreSQL there, or correct host and port in the URL."
    ),
    _Cause(
        says="too many",
        kind=DatabaseUnavailable,
        remedy="Raise the server's max_connections, or start fewer processes.",
    ),
    _Cause(says="", kind=DatabaseUnavailable, remedy=DatabaseUnavailable.remedy),
)

_SQLITE = (
    _Cause(says="not a database", remedy="Restore a backup, or move the file away: it is no SQLite database."),
    _Cause(says="malformed", remedy="Restore a backup: `vodpull restore FILE` into a new folder."),
    _Cause(says="readonly", remedy="Let this user write to the file and its folder (chown)."),
    _Cause(says="unable to open", remedy="Let this user write to the file and its folder (chown)."),
    _Cause(says="locked", kind=DatabaseUnavailable, remedy="Another program holds the file locked; end it."),
    _Cause(says="", kind=DatabaseUnavailable, remedy="Check the disk and the file of the database."),
)


@contextmanager
def explained(engine: sa.Engine) -> Iterator[None]:
    """
    Turn what a database refuses in this block into an error that a person can act on.

    Raises:
        ConfigurationError, DatabaseUnavailable: see there.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _explain(engine.url, str(error.orig)) from error


def as_outage(error: BaseException) -> DatabaseUnavailable | None:
    """Return that the database is away, when that is what a query failed with; it names nothing of the installation."""
    return DatabaseUnavailable("the database does not answer") if isinstance(error, _OUTAGES) else None


_OUTAGES = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.TimeoutError,  # no connection of the pool was given back in time
    psycopg.OperationalError,
    sqlite3.OperationalError,
)


def _explain(url: sa.URL, said: str) -> VodpullError:
    # Neither password nor query of the URL, and of what the driver says the first line: the others are advice.
    is_sqlite = url.get_backend_name() == "sqlite"
    shown = str(url.database) if is_sqlite else url.set(drivername="postgresql", query={}).render_as_string()
    cause = next(cause for cause in (_SQLITE if is_sqlite else _POSTGRESQL) if cause.says in said.lower())
    first = " ".join(said.splitlines()[:1]).removeprefix("connection failed: ")
    field = "VODPULL_DATA_DIR" if is_sqlite else FIELD
    return cause.kind(f"{field}: the database {shown} cannot be used: {first}", field=field, remedy=cause.remedy)
