"""
Removes uploads that nobody goes on with, and parts of files that are stored elsewhere.

Which those are: `uploads/abandoned_uploads.py`.
"""

from __future__ import annotations

import asyncio
from functools import partial

import sqlalchemy as sa
import structlog

from vodpull import storage
from vodpull.clock import now_s
from vodpull.uploads.abandoned_uploads import expired_uploads, forget_expired, stored_uploads_with_parts
from vodpull.uploads.blocks.arrived_parts import forget_parts, known_keys
from vodpull.uploads.write_turns import Database
from vodpull.workflows.upkeep.orphans import ORPHAN_AGE_S

PER_ROUND = 100

log = structlog.get_logger(__name__)


class AbandonedUploads:
    """Removes what uploads of one database leave."""

    def __init__(self, database: sa.Engine, objects: storage.ObjectStore) -> None:
        self._database = Database.of(database)
        self._objects = objects

    async def drop_old(self) -> int:
        """Forget uploads that are over, and parts of files that are stored elsewhere, one round; return how many."""
        read, write = self._database.read, self._database.write
        expired = await asyncio.to_thread(read, partial(expired_uploads, limit=PER_ROUND))
        for upload_id in expired:
            keys = await asyncio.to_thread(write, partial(forget_expired, upload_id=upload_id))
            await self._objects.delete_all(keys)
        for upload_id in await asyncio.to_thread(read, partial(stored_uploads_with_parts, limit=PER_ROUND)):
            keys = await asyncio.to_thread(write, partial(forget_parts, upload_id=upload_id))
            await self._objects.delete_all(keys)
        if expired:
            log.info("uploads expired", uploads=len(expired))
        return len(expired)

    async def sweep(self) -> int:
        """Remove objects that are a day old and no upload's: of requests that were killed; return how many."""
        removed, before_s = 0, now_s() - ORPHAN_AGE_S
        async for page in self._objects.list_pages(storage.UPLOADS):
            old = [found.key for found in page if found.modified_s < before_s]
            known = await asyncio.to_thread(self._database.read, partial(known_keys, keys=old)) if old else set()
            orphans = [key for key in old if key not in known]
            if orphans:
                await self._objects.delete_all(orphans)
            removed += len(orphans)
        return removed
