"""What a backup holds, and what a restore refuses."""

from __future__ import annotations

import io
import os
import sqlite3
import stat
import tarfile
import threading
from pathlib import Path

import pytest

from vodpull.app.commands.backup import restore_backup, write_backup
from vodpull.app.installation import open_accounts
from vodpull.errors import ConfigurationError
from vodpull.settings import Settings, load_settings


def installation(folder: Path, **overrides: object) -> Settings:
    """Return the settings of an installation with a key, a template, settings and two stored files."""
    settings = load_settings(data_dir=folder, **overrides)
    for name in ("templates/own.toml", "media/pullvideo/a.mp4", "media/pullvideo/b.mp4#1", "work/x/source"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"12345")
    (folder / "vodpull.toml").write_text('language = "en"\n')
    open_accounts(settings).create_key("alice")
    return settings


def names(path: Path) -> set[str]:
    with tarfile.open(path) as archive:
        return set(archive.getnames())


def test_a_backup_holds_what_cannot_be_made_again(tmp_path: Path) -> None:
    settings = installation(tmp_path / "data")
    write_backup(settings, tmp_path / "b.tar.gz")
    assert names(tmp_path / "b.tar.gz") == {
        "backup.json",
        "vodpull.db",
        "master.key",
        "vodpull.toml",
        "templates/own.toml",
    }
    assert stat.S_IMODE((tmp_path / "b.tar.gz").stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"data", "b.tar.gz"}


def test_media_come_along_when_asked_for_but_no_unfinished_upload(tmp_path: Path) -> None:
    write_backup(installation(tmp_path / "data"), tmp_path / "b.tar.gz", with_media=True)
    media = {name for name in names(tmp_path / "b.tar.gz") if name.startswith("media/")}
    assert media == {"media/pullvideo/a.mp4"}


def test_a_restored_installation_has_keys_that_open(tmp_path: Path) -> None:
    before = installation(tmp_path / "data")
    write_backup(before, tmp_path / "b.tar.gz")
    after = load_settings(data_dir=tmp_path / "other")
    restore_backup(after, tmp_path / "b.tar.gz")
    [key] = open_accounts(before).list_keys()
    old, new = (open_accounts(settings).find_live(key.access_key) for settings in (before, after))
    assert old == new is not None
    assert stat.S_IMODE((tmp_path / "other" / "master.key").stat().st_mode) == 0o600


def test_a_database_that_is_written_to_is_copied_whole(tmp_path: Path) -> None:
    settings = installation(tmp_path / "data")
    accounts, stop = open_accounts(settings), threading.Event()

    def write() -> None:
        while not stop.is_set():
            accounts.create_key("alice")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        write_backup(settings, tmp_path / "b.tar.gz")
    finally:
        stop.set()
        writer.join(timeout=60)
    restore_backup(load_settings(data_dir=tmp_path / "other"), tmp_path / "b.tar.gz")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    settings = installation(tmp_path / "data")
    write_backup(settings, tmp_path / "b.tar.gz")
    with pytest.raises(ConfigurationError, match="not empty"):
        restore_backup(settings, tmp_path / "b.tar.gz")
    with pytest.raises(ConfigurationError, match="exists already"):
        write_backup(settings, tmp_path / "b.tar.gz")


def archive_of(path: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for entry, data in entries:
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


LABEL = (tarfile.TarInfo("backup.json"), b'{"format": 1}')


@pytest.mark.parametrize(
    "entries",
    [
        (),
        ((tarfile.TarInfo("backup.json"), b'{"format": 2}'),),
        ((tarfile.TarInfo("backup.json"), b"no JSON"),),
        (LABEL,),
        (LABEL, (tarfile.TarInfo("vodpull.db"), b"no database")),
        (LABEL, (tarfile.TarInfo("../outside"), b"x")),
        (LABEL, (tarfile.TarInfo("media/../../outside"), b"x")),
    ],
)
def test_what_is_no_backup_leaves_nothing(tmp_path: Path, entries: tuple[tuple[tarfile.TarInfo, bytes], ...]) -> None:
    source = archive_of(tmp_path / "b.tar.gz", *entries)
    with pytest.raises(ConfigurationError):
        restore_backup(load_settings(data_dir=tmp_path / "deep" / "data"), source)
    assert list((tmp_path / "deep" / "data").iterdir()) == []
    assert not list(tmp_path.rglob("outside"))


def test_a_cut_archive_leaves_nothing(tmp_path: Path) -> None:
    write_backup(installation(tmp_path / "data"), tmp_path / "b.tar.gz")
    os.truncate(tmp_path / "b.tar.gz", (tmp_path / "b.tar.gz").stat().st_size // 2)
    with pytest.raises(ConfigurationError):
        restore_backup(load_settings(data_dir=tmp_path / "other"), tmp_path / "b.tar.gz")
    assert list((tmp_path / "other").iterdir()) == []


def test_a_database_server_and_a_bucket_have_their_own_means(tmp_path: Path) -> None:
    shared = load_settings(data_dir=tmp_path, database_url="postgresql://u@h/db")
    with pytest.raises(ConfigurationError, match="pg_dump"):
        write_backup(shared, tmp_path / "b.tar.gz")
    elsewhere = installation(tmp_path / "data", storage_url=(tmp_path / "store").as_uri())
    with pytest.raises(ConfigurationError, match="--with-media"):
        write_backup(elsewhere, tmp_path / "b.tar.gz", with_media=True)


def test_nothing_to_keep_and_nowhere_to_write_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no database"):
        write_backup(load_settings(data_dir=tmp_path), tmp_path / "b.tar.gz")
    with pytest.raises(ConfigurationError, match="cannot write"):
        write_backup(installation(tmp_path / "data"), tmp_path / "none" / "b.tar.gz")


def test_a_damaged_database_is_not_restored(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("create table other (a)")
    connection.close()
    data = (tmp_path / "x.db").read_bytes()
    source = archive_of(tmp_path / "b.tar.gz", LABEL, (tarfile.TarInfo("vodpull.db"), data))
    with pytest.raises(ConfigurationError):
        restore_backup(load_settings(data_dir=tmp_path / "other"), source)
