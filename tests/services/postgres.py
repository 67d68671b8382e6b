"""A PostgreSQL server of the test run's own, on a free loopback port, in a folder that goes away with it."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.services.missing import missing
from tests.services.tables import make_tables

MEMORY = Path("/dev/shm")  # noqa: S108 - below it, `mkdtemp` makes a folder of our own

ROOM_BYTES = 4 * 1024**3
"""Twice what all databases of a run take."""


class Postgres:
    """A running server; `url(name)` makes a fresh database."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._binaries = binaries
        self._made = 0

    def url(self, like: str = "template1") -> str:
        """Make a database, empty or as the one of that name, and return its URL as VODPULL_DATABASE_URL takes it."""
        self._made += 1
        name = f"vodpull_{self._made}"
        server = f"postgresql://postgres@127.0.0.1:{self.port}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, like))))
        return f"{server}/{name}"

    def driver_url(self, like: str = "template1") -> str:
        """Make a database as `url` does, and return its URL as `open_database` takes it."""
        return self.url(like).replace("postgresql:", "postgresql+psycopg:")

    @functools.cached_property
    def with_tables(self) -> str:
        """Return the name of a database with its tables."""
        url = self.driver_url()
        make_tables(url)
        return url.rpartition("/")[2]

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200"
        options += " -c fsync=off -c max_wal_size=128MB -c autovacuum=off"  # it may be killed, but the machine stays
        data = str(self._folder / "data")
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "-t", "60", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", mode, "-w", "stop")

    def create(self) -> None:
        self._run("initdb", "-D", str(self._folder / "data"), "-U", "postgres", "--auth=trust", "-E", "UTF8")

    def _run(self, program: str, *arguments: str) -> None:
        words = [str(self._binaries / program), *arguments]
        if os.getuid() == 0:  # the server refuses to run as root
            words = ["runuser", "-u", "postgres", "--", *words]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a server until the block ends; skips (fails in CI) where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        missing("PostgreSQL (apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="vodpull-pg-", dir=_place()))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    server = Postgres(folder, found[-1].parent)
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _place() -> Path | None:
    """Return where a server's files go: in memory if there is room, as it is many files that make a new database."""
    has_room = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    return MEMORY if has_room else None


def free_port() -> int:
    """
    Return a port that nobody listens on, and that nobody gets by chance before it is used.

    The kernel hands out ports from 32768 on, to listeners and to every outgoing connection; these lie below. A server
    is set up for seconds before it listens, so each of several test processes has a thousand ports of its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 12
    while True:
        port = 20_000 + 1_000 * worker + random.randrange(1_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
