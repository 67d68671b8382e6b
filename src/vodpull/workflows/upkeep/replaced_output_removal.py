"""
The removal of outputs that newer ones have replaced, and of what jobs that were given up have left.

When they are due is decided where they are replaced: `jobs/store/replaced_files.py`; which of a job's files stay:
`jobs/kept_files.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from vodpull import storage
from vodpull.jobs.job_folders import folder_of
from vodpull.jobs.kept_files import strangers
from vodpull.jobs.owned_files import Holding, Holdings

PER_ROUND = 20

REMOVED_WITHIN_S = 10.0
"""The rest goes with the next sweep."""

NO_RETRY_S = 60.0
"""When a removal breaks off, its last requests may still arrive; longer than it by the error of clocks, too."""


class Leftovers:
    """Removes what jobs that were given up hold beyond their asset: what was shown of them early, for one."""

    def __init__(self, holdings: Holdings, objects: storage.ObjectStore) -> None:
        self._holdings = holdings
        self._objects = objects

    async def remove(self, directory: str, keys: Collection[str], *, holding: Holding, before_ms: int) -> int:
        """Remove what is left of a job that ended before a time, and return how much; no retry begins meanwhile."""
        if not strangers(holding, keys):
            return 0
        with self._holdings.no_retry(holding.batch_id, for_s=NO_RETRY_S):
            now = self._holdings.of([directory], settled_before_ms=before_ms)
            doomed = strangers(now[directory], keys) if directory in now else []
            async with asyncio.timeout(REMOVED_WITHIN_S):
                await self._objects.delete_all(doomed)
        return len(doomed)

    async def remove_superseded(self) -> int:
        """Remove the outputs that newer ones have replaced for long enough, one round; return of how many folders."""
        due = await asyncio.to_thread(self._holdings.superseded, limit=PER_ROUND)
        for directory in due:
            await self._remove_superseded(directory)
        return len(due)

    async def _remove_superseded(self, directory: str) -> None:
        """Remove what the job does not keep; of one that is under way nothing, as its end plans it anew."""
        found = self._holdings.final_holding(directory)
        if found is not None:
            job, holding = found
            folder = folder_of(directory=directory, created_at_ms=job.created_at_ms, origin=job.origin)
            keys = await self._objects.list_keys(f"{folder}/")
            with self._holdings.no_retry(holding.batch_id, for_s=NO_RETRY_S):
                again = self._holdings.final_holding(directory)
                async with asyncio.timeout(REMOVED_WITHIN_S):
                    await self._objects.delete_all([] if again is None else strangers(again[1], keys))
                if again is not None and again[1].asset is not None:
                    await asyncio.to_thread(self._holdings.forget_other_keys, directory, again[1].asset)
        await asyncio.to_thread(self._holdings.supersession_done, directory)
