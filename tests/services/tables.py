"""Databases with the tables of vodpull and of its engine: made once, then copied; what makes them has its own tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.films import kept
from tests.services import preloaded
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate
from vodpull.workflows.engine.engine import Engine

MAKING_S = 60
"""Longest wait for them on a busy machine."""


def copy_of_tables(file: Path) -> None:
    """Write a database file of SQLite that nobody but its user reads."""
    kept(file, "tables", lambda path: make_tables(f"sqlite:///{path}"))
    file.chmod(0o600)


def make_tables(url: str) -> None:
    """Make the tables in an empty database, in a process that leaves no connection behind."""
    making = preloaded.start(__name__, [url], environment=preloaded.unmeasured(os.environ), output=2)
    assert making.wait(MAKING_S) == 0, url


def _make_tables(url: str) -> None:
    database = open_database(url)
    migrate(database)
    engine = Engine(database)
    engine.attach()
    engine.shutdown()
    database.dispose()


if __name__ == "__main__":
    _make_tables(sys.argv[1])
