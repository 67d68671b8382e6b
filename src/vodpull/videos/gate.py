"""Which videos nobody may play, as every process learns it within seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection

import sqlalchemy as sa
import structlog

LOOK_S = 3.0
"""A block holds everywhere after this, plus one query: well below the 10 s that are promised."""

log = structlog.get_logger(__name__)


class BlockedVideos:
    """Remembers for a moment which folders are blocked."""

    def __init__(self, read: Callable[[], Collection[str]]) -> None:
        """`read` returns the folders of all blocked videos; it is called in a thread."""
        self._read = read
        self._folders: frozenset[str] = frozenset()
        self._read_at_s = float("-inf")
        self._reading = asyncio.Lock()

    async def is_shut(self, directory: str) -> bool:
        """
        Return True for the folder of a blocked video.

        While the database is away the last answer counts, so that what plays goes on; without one it is an error.
        """
        if time.monotonic() - self._read_at_s > LOOK_S:
            async with self._reading:
                await self._refresh()
        return directory in self._folders

    async def _refresh(self) -> None:
        if time.monotonic() - self._read_at_s <= LOOK_S:  # somebody else has just done it
            return
        begun_s = time.monotonic()
        try:
            self._folders = frozenset(await asyncio.to_thread(self._read))
        except sa.exc.SQLAlchemyError as error:
            if self._read_at_s == float("-inf"):
                raise
            log.warning("blocked videos as of before", error=type(error).__name__)
        self._read_at_s = begun_s
