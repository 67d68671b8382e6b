"""What a process does that others count as dead: it ends at once, where they may have taken its work over."""

from __future__ import annotations

import os
from collections.abc import Callable

import sqlalchemy as sa
import structlog

from vodpull.exit_codes import EXIT_AGAIN

log = structlog.get_logger(__name__)


def leave_if_shared(database: sa.Engine) -> Callable[[], None]:
    """
    Return what a process does that could not beat for too long.

    On a shared database others took its work over, so it must end at once; its child processes die with it. On SQLite
    nobody else can be there, and a laptop that slept simply goes on.
    """
    if database.dialect.name == "sqlite":
        return lambda: log.warning("this process was paused; going on")
    return lambda: os._exit(EXIT_AGAIN)
