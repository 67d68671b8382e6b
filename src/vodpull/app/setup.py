"""Opens an installation, and tells whether it is set up so that it can work: what start proves, and `doctor` tells."""

from __future__ import annotations

import asyncio
import getpass
import os
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
import structlog

from vodpull import media, storage
from vodpull.accounts.audit import AuditLog, Kind, Who
from vodpull.accounts.keys import Accounts
from vodpull.accounts.master_key import check_master_key, is_sealed, other_master_key
from vodpull.accounts.people.operators import Operators
from vodpull.accounts.vault import Vault
from vodpull.app.folder import make_data_dir
from vodpull.clock import read_zone
from vodpull.database.connection import POOL_SIZE, open_database
from vodpull.database.migrate import migrate, tables_state
from vodpull.errors import ConfigurationError, ParameterError, StorageError
from vodpull.settings import Settings, unknown_variables
from vodpull.videos.playback.signer import Signer
from vodpull.videos.urls import FileUrls

if TYPE_CHECKING:
    from vodpull.jobs.submission.templates import Templates

MASTER_KEY_FILE = "master.key"
"""Below the data folder."""

OLDEST_POSTGRESQL = 13
"""Tested with 15; what is older gets no fixes from its makers."""

CONNECTIONS = 2 * POOL_SIZE + 2
"""Of one process to PostgreSQL: its pool, and one to listen."""

log = structlog.get_logger(__name__)


def open_accounts(settings: Settings) -> Accounts:
    """Return the accounts of an installation; makes its database and master key when they are not there yet."""
    make_data_dir(settings.data_dir)
    database = open_database(settings.database())
    migrate(database)
    return Accounts(database, open_vault(settings, database))


@dataclass(frozen=True, kw_only=True)
class People:
    """Who may use an installation's console, for commands on its machine."""

    operators: Operators
    audit: AuditLog

    def tell(self, action: str, subject: str) -> None:
        """Write into the audit log what the user of this machine did."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a container's user without a name
            user = str(os.getuid())
        self.audit.write(Who(kind=Kind.SHELL, name=user), action, subject)


def open_people(settings: Settings) -> People:
    """Return who may use an installation's console, without its master key; makes its database when there is none."""
    make_data_dir(settings.data_dir)
    database = open_database(settings.database())
    migrate(database)
    return People(operators=Operators(database), audit=AuditLog(database))


def open_vault(settings: Settings, database: sa.Engine) -> Vault:
    """
    Return what seals an installation's secrets; makes its key file when there is none, no setting and no secret.

    Raises:
        ConfigurationError: the secrets of this database are sealed with another key.
    """
    path, given = settings.data_dir / MASTER_KEY_FILE, settings.master_key.get_secret_value()
    if not given and not path.exists() and is_sealed(database):
        raise other_master_key()
    vault = Vault(given) if given else Vault.of_file(path)
    check_master_key(database, vault)
    return vault


def require_installation(settings: Settings) -> None:
    """
    Make sure that a service has been where the settings point; makes nothing.

    Raises:
        ConfigurationError: there is none.
    """
    if is_new(settings):
        where = settings.data_dir.resolve()
        raise ConfigurationError(
            f"there is no vodpull in {where}" if file_of(settings) else "there is no vodpull in this database",
            field="VODPULL_DATA_DIR" if file_of(settings) else "VODPULL_DATABASE_URL",
            remedy="Run it where the service runs, or name the service's folder in VODPULL_DATA_DIR "
            "(and its database in VODPULL_DATABASE_URL). `vodpull serve` and `keys create --new` make a new one.",
        )


def is_new(settings: Settings) -> bool:
    """Return True when no service has been there yet: no file of a database, or one without tables."""
    file = file_of(settings)
    if file is not None and not file.exists():
        return True
    database = open_database(settings.database())
    try:
        return tables_state(database) == "none"
    finally:
        database.dispose()


def file_of(settings: Settings) -> Path | None:
    """Return the file of a SQLite database; None for PostgreSQL, or for what is no URL."""
    try:
        url = sa.make_url(settings.database())
    except (sa.exc.ArgumentError, ValueError):
        return None
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def check_shared(settings: Settings, database: sa.Engine) -> None:
    """
    Refuse what several processes cannot share.

    Raises:
        ConfigurationError: PostgreSQL is too old, or goes with a store that only this machine has.
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


def folder_of(url: str) -> Path | None:
    """Return the folder of a store that is one."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


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


def find_tools(settings: Settings) -> media.Toolbox:
    """
    Return the programs that this process starts.

    Raises:
        ConfigurationError: FFmpeg does not start, or the sandbox is required and does not work.
    """
    return media.find_toolbox(settings.ffmpeg_path, sandbox=settings.sandbox)


def tell_unknown() -> None:
    """Warn of variables that look like settings and are none."""
    for name in unknown_variables():
        log.warning("there is no such setting", variable=name)


def file_urls(settings: Settings, signer: Signer) -> FileUrls:
    """Return how the URLs of stored files are written where nobody has called."""
    return FileUrls(public_url=settings.public_url, domains=settings.publish_domains, sign=signer.handed_out)


def wire_zone(settings: Settings) -> tzinfo:
    """Return the time zone of the wire contract."""
    zone = read_zone(settings.wire_time_zone)
    if zone is None:
        raise ConfigurationError("VODPULL_WIRE_TIME_ZONE is no offset", field="VODPULL_WIRE_TIME_ZONE")
    return zone
