"""
One file that holds an installation of the embedded mode, and the way back; and an index made again from the store.

The archive is a compressed tar, readable by its owner only: it has the master key, so it opens every secret in it.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from io import BytesIO
from pathlib import Path

import sqlalchemy as sa

from vodpull import __version__, storage
from vodpull.app import local_key
from vodpull.app.data_folder import make_data_dir
from vodpull.app.installation import open_vault
from vodpull.clock import now_ms
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate
from vodpull.errors import ConfigurationError
from vodpull.jobs.submission.template_registry import WATERMARKS
from vodpull.settings import Settings
from vodpull.workflows.upkeep.rebuild import Rebuild, Rebuilt

FORMAT = 1
"""Of the archive."""

NAME_BACKUP = "Name a file that `vodpull backup` wrote."

LABEL = "backup.json"
DATABASE = "vodpull.db"
FILES = ("master.key", local_key.FILE_NAME, "vodpull.toml")
TEMPLATES = "templates"
MEDIA = "media"


def write_backup(settings: Settings, target: Path, *, with_media: bool = False) -> int:
    """
    Write the installation's database, keys, settings and templates to a new file, and return its size in bytes.

    Safe while the service runs: the database is copied as of one moment, before any media, so that every file it
    speaks of is there. What is being written to the media folder meanwhile is left out.

    Raises:
        ConfigurationError: not an embedded installation, or the file exists.
    """
    folder = settings.data_dir.resolve()
    database = _embedded_database(settings)
    if with_media and settings.storage() != (folder / MEDIA).as_uri():
        raise ConfigurationError("--with-media is for media in the data folder; back the store up by its own means")
    if target.exists():
        raise ConfigurationError(f"{target} exists already; a backup never replaces a file", field="FILE")
    with _new_file(target) as partial, tarfile.open(partial, "w:gz") as archive:
        label = {"format": FORMAT, "version": __version__, "created_at_ms": now_ms(), "with_media": with_media}
        _add_bytes(archive, LABEL, json.dumps(label).encode())
        with tempfile.TemporaryDirectory(dir=target.resolve().parent, prefix=".vodpull-") as scratch:
            copy = Path(scratch) / DATABASE
            _copy_database(database, copy)
            _add_file(archive, DATABASE, copy)
        for path in _members(folder, with_media=with_media):
            _add_file(archive, str(path.relative_to(folder)), path)
    return target.stat().st_size


def restore_backup(settings: Settings, source: Path) -> None:
    """
    Unpack a backup into the data folder, which must be empty or not there yet.

    Nothing is in the folder unless everything is: files are unpacked beside it first, and the database is checked.

    Raises:
        ConfigurationError: the folder has something in it, or the file is no backup that this version can read.
    """
    folder = settings.data_dir.resolve()
    if folder.is_dir() and any(folder.iterdir()):
        raise ConfigurationError(f"{folder} is not empty: restore into a new folder", field="VODPULL_DATA_DIR")
    make_data_dir(folder)
    fresh = folder / f".restore-{secrets.token_hex(8)}"
    fresh.mkdir(mode=0o700)
    try:
        _unpack(source, fresh)
        _check_database(fresh / DATABASE)
        # The database last: without it the folder does not look like an installation.
        for path in sorted(fresh.iterdir(), key=lambda path: path.name == DATABASE):
            path.rename(folder / path.name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def rebuild_index(settings: Settings) -> Rebuilt:
    """Insert every job that the store has a manifest of and the database lacks; safe while the service runs."""
    database = open_database(settings.database())
    try:
        migrate(database)
        rebuild = Rebuild(database, open_vault(settings, database), storage.open_store(settings.storage()))
        return asyncio.run(rebuild.run())
    finally:
        database.dispose()


def _embedded_database(settings: Settings) -> Path:
    url = sa.make_url(settings.database())
    if url.get_backend_name() != "sqlite":
        raise ConfigurationError(
            "backup is for the embedded mode; use pg_dump for this database, and keep VODPULL_MASTER_KEY safe",
            field="VODPULL_DATABASE_URL",
        )
    path = Path(str(url.database))
    if not path.exists():
        raise ConfigurationError(f"there is no database at {path}", field="VODPULL_DATA_DIR")
    return path


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """Give a file to write, private from the start, that gets its name when the block ends well."""
    partial = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise ConfigurationError(f"cannot write {target}: {error.strerror}", field="FILE") from error
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)


def _copy_database(source: Path, target: Path) -> None:
    """Copy a database in use as of one moment (SQLite's online backup)."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file; the service switches back when it opens it


def _members(folder: Path, *, with_media: bool) -> Iterator[Path]:
    yield from (folder / name for name in FILES if (folder / name).is_file())
    yield from sorted(path for path in (folder / TEMPLATES).glob("*.toml") if path.is_file())
    yield from sorted(path for path in (folder / TEMPLATES / WATERMARKS).glob("*") if path.is_file())
    if with_media:
        for place, _, names in os.walk(folder / MEDIA):
            # A name with # is an upload under way.
            yield from (Path(place) / name for name in sorted(names) if "#" not in name)


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> None:
    """Add a file as it is under its name now; one that was deleted meanwhile is left out."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        entry = archive.gettarinfo(arcname=name, fileobj=file)
        archive.addfile(_anonymous(entry), file)


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime = len(data), now_ms() // 1000
    archive.addfile(_anonymous(entry), BytesIO(data))


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return an entry that belongs to whoever unpacks it, and to nobody else."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _unpack(source: Path, folder: Path) -> None:
    try:
        with tarfile.open(source, "r:gz") as archive:
            label = archive.next()
            data = None if label is None or label.name != LABEL else archive.extractfile(label)
            if data is None or json.load(data)["format"] != FORMAT:
                raise ConfigurationError(f"{source} is not a backup that this version can read", field="FILE")
            for entry in archive:
                if entry.name != LABEL and entry.isfile():
                    # Refuses names that lead out of the folder, links and devices.
                    archive.extract(entry, folder, filter="data")
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{source} is no backup that can be read", field="FILE", remedy=NAME_BACKUP) from error


def _check_database(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
            known = connection.execute("SELECT count(*) FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise ConfigurationError("the database in the backup cannot be read", field="FILE") from error
    if found != ("ok",) or known != (1,):
        raise ConfigurationError("the database in the backup is damaged", field="FILE")
