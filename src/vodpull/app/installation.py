"""Opens an installation: its folder, database, master key, people and tools. What start proves: `start_checks.py`."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
import structlog

from vodpull.accounts.access_keys import Accounts
from vodpull.accounts.audit_log import ActorKind, AuditLog, Who
from vodpull.accounts.master_key import master_key_of_file
from vodpull.accounts.master_key_match import check_master_key, is_sealed, other_master_key
from vodpull.accounts.people.operators import Operators
from vodpull.accounts.sealed_secrets import Vault
from vodpull.app.data_folder import make_data_dir
from vodpull.clock import read_zone
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate, tables_state
from vodpull.errors import ConfigurationError
from vodpull.settings import Settings

if TYPE_CHECKING:
    from vodpull import media

MASTER_KEY_FILE = "master.key"
"""Below the data folder."""

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
        self.audit.write(Who(kind=ActorKind.SHELL, name=user), action, subject)


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
    vault = Vault(given or master_key_of_file(path))
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


def folder_of(url: str) -> Path | None:
    """Return the folder of a store that is one."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def find_tools(settings: Settings) -> media.Toolbox:
    """
    Return the programs that this process starts.

    Raises:
        ConfigurationError: FFmpeg does not start, or the sandbox is required and does not work.
    """
    from vodpull import media  # noqa: PLC0415 - a fifth of a command about keys or operators

    return media.find_toolbox(settings.ffmpeg_path, sandbox=settings.sandbox)


def wire_zone(settings: Settings) -> tzinfo:
    """Return the time zone of the wire contract."""
    zone = read_zone(settings.wire_time_zone)
    if zone is None:
        raise ConfigurationError("VODPULL_WIRE_TIME_ZONE is no offset", field="VODPULL_WIRE_TIME_ZONE")
    return zone
