"""What is done while the disk of a SQLite database is full: its writers wait."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

LEAST_FREE_BYTES = 1024 * 1024
"""Free space at which a write that failed for lack of it is tried again."""


def outlast_full_disk(engine: sa.Engine, error: Exception, *, gives_up: Callable[[], bool]) -> bool:
    """
    Return False unless a write to SQLite failed for lack of space; then wait for space and return True.

    Blocks its thread until there is space, or `gives_up` says so.
    """
    if "disk is full" not in str(getattr(error, "orig", error)):
        return False
    folder = Path(str(engine.url.database)).parent
    while shutil.disk_usage(folder).free < LEAST_FREE_BYTES and not gives_up():
        time.sleep(1)
    return True
