"""What start proves, and `doctor` tells: whether an installation is set up so that it can work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog

from vodpull import storage
from vodpull.app.installation import folder_of
from vodpull.database.connection import POOL_SIZE
from vodpull.errors import ConfigurationError, ParameterError, StorageError
from vodpull.settings import Settings, unknown_variables

if TYPE_CHECKING:
    from vodpull.jobs.submission.template_registry import Templates

OLDEST_POSTGRESQL = 13
"""Tested with 15; what is older gets no fixes from its makers."""

CONNECTIONS = 2 * POOL_SIZE + 2
"""Of one process to PostgreSQL: its pool, and one to listen."""

log = structlog.get_logger(__name__)


def check_shared(settings: Settings, database: sa.Engine) -> None:
    """
    Refuse what several processes cannot share.

    Raises:
        ConfigurationError: PostgreSQL goes with a store that only this machine has.
    """
    if database.dialect.name != "postgresql":
        return
    folder = folder_of(settings.storage())
    own = settings.data_dir.resolve()
    if urlsplit(settings.storage()).scheme == "memory" or (folder and folder.resolve().is_relative_to(own)):
        raise ConfigurationError(
            f"VODPULL_STORAGE_URL: {settings.storage()} is on this machine only, and PostgreSQL serves several",
            field="VODPULL_STORAGE_URL",
            remedy="Set VODPULL_STORAGE_URL to a store that every process reaches: s3://bucket/prefix, or file:///dir "
            "for a folder outside VODPULL_DATA_DIR that all of them see.",
        )


def check_role(role: str, database: sa.Engine) -> None:
    """
    Refuse a role that is one of several processes, where there can be one only.

    Raises:
        ConfigurationError: the database is SQLite.
    """
    if role != "all" and database.dialect.name == "sqlite":
        remedy = "Set VODPULL_DATABASE_URL=postgresql://… for several processes, or leave --role away for one."
        raise ConfigurationError(f"--role {role} needs PostgreSQL", field="VODPULL_DATABASE_URL", remedy=remedy)


def check_postgresql(database: sa.Engine) -> None:
    """
    Refuse a version that its makers have given up.

    Raises:
        ConfigurationError: it is too old.
    """
    if database.dialect.name != "postgresql":
        return
    with database.connect() as connection:
        version = int(connection.scalar(sa.text("SHOW server_version_num")) or 0) // 10_000
    if version < OLDEST_POSTGRESQL:
        raise ConfigurationError(
            f"PostgreSQL {version} is too old",
            field="VODPULL_DATABASE_URL",
            remedy=f"Use PostgreSQL {OLDEST_POSTGRESQL} or newer; vodpull is tested with 15.",
        )


def free_connections(database: sa.Engine) -> int:
    """Return how many more connections PostgreSQL takes from roles like ours."""
    query = sa.text(
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        " - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
    )
    with database.connect() as connection:
        return int(connection.scalar(query) or 0)


def check_default_template(settings: Settings, templates: Templates) -> None:
    """
    Refuse a default template that no request could use.

    Raises:
        ConfigurationError: it does not exist.
    """
    try:
        templates.find(settings.default_template)
    except ParameterError as error:
        raise ConfigurationError(
            f"VODPULL_DEFAULT_TEMPLATE is {settings.default_template!r}: there is no such template",
            field="VODPULL_DEFAULT_TEMPLATE",
            remedy=f"Name one of {', '.join(sorted(templates))}, or put its TOML file into "
            f"{settings.data_dir / 'templates'}.",
        ) from error


def prove_store(settings: Settings, objects: storage.ObjectStore) -> None:
    """
    Show that the store does all that is asked of it. Not from a loop.

    One that only is away is waited for by whatever needs it.

    Raises:
        ConfigurationError: it refuses, or is not there.
    """
    try:
        asyncio.run(storage.prove_store(objects))
    except StorageError as error:
        if error.retryable:
            log.warning("the store cannot be used now; what needs it waits", code=error.code, cause=str(error))
            return
        raise unusable_store(settings, error) from error


def unusable_store(settings: Settings, error: StorageError) -> ConfigurationError:
    """Return what an operator is told of a store that will not do."""
    return ConfigurationError(
        f"VODPULL_STORAGE_URL: {settings.storage()}: {error}",
        field="VODPULL_STORAGE_URL",
        remedy="Make the bucket, and let the store's own key (docs/how-to/object-stores.md) read, write, list and "
        "delete below the prefix; of a folder, let this user write to it.",
    )


def tell_unknown() -> None:
    """Warn of variables that look like settings and are none."""
    for name in unknown_variables():
        log.warning("there is no such setting", variable=name)
