"""What is stored and nobody's: found by a look at every stored file, and removed once it is old enough."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from vodpull import storage
from vodpull.clock import now_s
from vodpull.errors import StorageError, StorageUnavailable
from vodpull.jobs.owned_files import Holdings
from vodpull.workflows.upkeep.replaced_output_removal import Leftovers

ORPHAN_AGE_S = 86_400.0
"""What nobody owns is swept at this age: no upload under way is that old."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What came of a sweep."""

    removed: int = 0
    """Objects that no job owned."""
    parts: int = 0
    """Leftovers of uploads that never ended."""
    unknown: int = 0
    """Folders with a manifest that the database does not know: kept, because it is the database that lacks them."""


class Sweep:
    """Removes what is stored and nobody's: uploads of workers that crashed, leftovers of jobs that were given up."""

    def __init__(
        self,
        holdings: Holdings,
        objects: storage.ObjectStore,
        *,
        uploads: storage.UnfinishedUploads,
        is_over: Callable[[str], bool],
    ) -> None:
        """`uploads`: those to the same store; `is_over` tells of the name of an attempt whether it has ended."""
        self._holdings = holdings
        self._objects = objects
        self._uploads = uploads
        self._leftovers = Leftovers(holdings, objects)
        self._is_over = is_over

    async def run(self) -> Swept:
        """
        Look at every stored file once.

        Refuses to judge by a database that knows no job at all: that is a lost database, not a store full of orphans.
        """
        before_s = now_s() - ORPHAN_AGE_S
        parts = await self._drop_parts(before_s=before_s)
        if not await asyncio.to_thread(self._holdings.knows_jobs):
            return Swept(parts=parts)
        removed = await self._sweep_work()
        unknown = 0
        for root in storage.VIDEO_ROOTS:
            swept = await self._sweep_root(root, before_s=before_s)
            removed, unknown = removed + swept.removed, unknown + swept.unknown
        return Swept(removed=removed, parts=parts, unknown=unknown)

    async def _sweep_root(self, root: str, *, before_s: float) -> Swept:
        """Remove what is nobody's among the files of videos."""
        removed = unknown = 0
        async for page in self._objects.list_pages(root):
            folders: dict[tuple[str, str], list[str]] = defaultdict(list)
            for found in page:
                place = storage.place_of(found.key)
                if place is not None and found.modified_s < before_s:
                    folders[place].append(found.key)
            swept = await self._sweep_folders(folders, before_ms=int(1000 * before_s))
            removed, unknown = removed + swept.removed, unknown + swept.unknown
        return Swept(removed=removed, unknown=unknown)

    async def _drop_parts(self, *, before_s: float) -> int:
        """Drop leftovers of uploads; a bucket that does not allow it is swept all the same."""
        try:
            return await self._uploads.drop_parts(before_s=before_s)
        except StorageUnavailable:
            raise
        except StorageError as error:
            log.warning("leftovers of uploads stay", reason=str(error), fix="see docs/operations.md")
            return 0

    async def _sweep_work(self) -> int:
        """Remove intermediate results of attempts that ended."""
        removed = 0
        async for page in self._objects.list_pages(storage.WORK):
            attempts = {found.key.split("/")[1] for found in page}
            over = {name for name in attempts if await asyncio.to_thread(self._is_over, name)}
            doomed = [found.key for found in page if found.key.split("/")[1] in over]
            await self._objects.delete_all(doomed)
            removed += len(doomed)
        return removed

    async def _sweep_folders(self, folders: dict[tuple[str, str], list[str]], *, before_ms: int) -> Swept:
        directories = {directory for _, directory in folders}
        held = await asyncio.to_thread(self._holdings.of, directories, settled_before_ms=before_ms)
        removed = unknown = 0
        for (month, directory), keys in folders.items():
            holding = held.get(directory)
            if holding is not None:
                removed += await self._leftovers.remove(directory, keys, holding=holding, before_ms=before_ms)
            elif await storage.exists(self._objects, storage.manifest_key(month=month, directory=directory)):
                unknown += 1
            else:
                await self._objects.delete_all(keys)
                removed += len(keys)
        return Swept(removed=removed, unknown=unknown)
