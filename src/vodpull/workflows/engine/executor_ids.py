"""Which process is which: the id of an executor, locked for as long as its process lives."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from vodpull.errors import AlreadyRunning

MAX_PROCESSES_PER_HOST = 256


class ExecutorId:
    """The id `<host>-<slot>` of a process: unique among live ones, the same after a restart; held until `release`."""

    def __init__(self, name: str, *, keep: Callable[[], bool], release: Callable[[], None]) -> None:
        self.name = name
        self.keep = keep
        """Locks the id again when the database forgot it (it was restarted); False: another process has it now."""
        self.release = release


def claim_executor_id(database: sa.Engine, *, lock_folder: Path, host: str | None = None) -> ExecutorId:
    """
    Return the first free id of this host, locked for the life of this process.

    SQLite knows only one: two processes on one file would share an id and redo each other's work.

    Raises:
        AlreadyRunning: no id is free.
    """
    host = host or socket.gethostname()
    if database.dialect.name == "sqlite":
        return _lock_file(f"{host}-0", lock_folder)
    for slot in range(MAX_PROCESSES_PER_HOST):
        lock = _DatabaseLock(database, f"{host}-{slot}")
        if lock.keep():
            return ExecutorId(lock.name, keep=lock.keep, release=lock.release)
    raise AlreadyRunning(f"{MAX_PROCESSES_PER_HOST} vodpull processes run on {host} already")


class _DatabaseLock:
    """An advisory lock of PostgreSQL. It lives as long as its connection, which the pool therefore must not have."""

    def __init__(self, database: sa.Engine, name: str) -> None:
        self.name = name
        self._database = database
        self._connection: sa.Connection | None = None

    def keep(self) -> bool:
        """Return True when the lock is held, after taking it if need be."""
        if self._connection is not None:
            try:
                self._connection.execute(sa.select(1))
            except sa.exc.SQLAlchemyError:
                self.release()
            else:
                return True
        connection = self._database.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(sa.func.hashtextextended(self.name, 0)))):
            self._connection = connection
            return True
        connection.close()
        return False

    def release(self) -> None:
        """Give the lock back."""
        if self._connection is not None:
            with contextlib.suppress(sa.exc.SQLAlchemyError):  # it is gone already
                self._connection.close()
            self._connection = None


def _lock_file(name: str, folder: Path) -> ExecutorId:
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "executor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise AlreadyRunning(f"another vodpull process uses the data folder {folder}") from error
    return ExecutorId(name, keep=lambda: True, release=lambda: os.close(descriptor))
