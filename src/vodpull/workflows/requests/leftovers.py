"""Removal of what a job that was given up holds beyond its asset."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from vodpull import storage
from vodpull.jobs.removals import Holding, Retention

LOCKED_S = 10.0
"""The longest that a batch is kept locked for the removal of leftovers."""


class Leftovers:
    """Removes what jobs that were given up hold beyond their asset: what was shown of them early, for one."""

    def __init__(self, retention: Retention, objects: storage.ObjectStore) -> None:
        self._retention = retention
        self._objects = objects

    async def remove(self, directory: str, keys: Collection[str], *, holding: Holding, before_ms: int) -> int:
        """Remove what is left of a job that ended before a time, and return how much; a retry waits for the end."""
        if holding.keys is None or holding.keys.issuperset(keys):
            return 0
        with self._retention.batch_locked(holding.batch_id):
            now = self._retention.holdings([directory], settled_before_ms=before_ms)
            held = now[directory].keys if directory in now else None
            doomed = [] if held is None else [key for key in keys if key not in held]
            async with asyncio.timeout(LOCKED_S):
                await self._objects.delete_all(doomed)
        return len(doomed)
