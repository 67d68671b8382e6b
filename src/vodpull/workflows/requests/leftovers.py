"""Removal of what a job that was given up holds beyond its asset."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from vodpull import storage
from vodpull.jobs.removals import Holding, Retention

REMOVED_WITHIN_S = 10.0
"""The rest goes with the next sweep."""

NO_RETRY_S = 60.0
"""When a removal breaks off, its last requests may still arrive; longer than it by the error of clocks, too."""


class Leftovers:
    """Removes what jobs that were given up hold beyond their asset: what was shown of them early, for one."""

    def __init__(self, retention: Retention, objects: storage.ObjectStore) -> None:
        self._retention = retention
        self._objects = objects

    async def remove(self, directory: str, keys: Collection[str], *, holding: Holding, before_ms: int) -> int:
        """Remove what is left of a job that ended before a time, and return how much; no retry begins meanwhile."""
        if holding.keys is None or holding.keys.issuperset(keys):
            return 0
        with self._retention.no_retry(holding.batch_id, for_s=NO_RETRY_S):
            now = self._retention.holdings([directory], settled_before_ms=before_ms)
            held = now[directory].keys if directory in now else None
            doomed = [] if held is None else [key for key in keys if key not in held]
            async with asyncio.timeout(REMOVED_WITHIN_S):
                await self._objects.delete_all(doomed)
        return len(doomed)
