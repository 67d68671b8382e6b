"""
When uploads that nobody goes on with are forgotten, and parts of files that are stored elsewhere.

How long a token lets bytes in, and what `Upload-Expires` says, is `uploads/uploads.py`'s.
"""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
import structlog

from vodpull import storage
from vodpull.clock import now_ms, now_s
from vodpull.database import tables
from vodpull.database.row_locks import lock_row
from vodpull.jobs.states_and_codes import WireStatus
from vodpull.jobs.store.rows import IS_FINAL
from vodpull.uploads.blocks import arrived_parts as rows
from vodpull.workflows.upkeep.orphans import ORPHAN_AGE_S

KEEP_MS = 7 * 86_400_000
"""After its last token has ended and its last byte has come (spec cloud-vod-videos §2)."""

SETTLED_MS = 3_600_000
"""So long after its end the parts of a stored file should be gone; what is left then is of a process that died."""

PER_ROUND = 100

log = structlog.get_logger(__name__)


class AbandonedUploads:
    """Removes what uploads of one database leave."""

    def __init__(self, database: sa.Engine, objects: storage.ObjectStore) -> None:
        self._database = database
        self._objects = objects

    async def drop_old(self) -> int:
        """Forget uploads that are over, and parts of files that are stored elsewhere, one round; return how many."""
        expired = await asyncio.to_thread(self._expired)
        for upload_id in expired:
            await self._objects.delete_all(await asyncio.to_thread(self._forget_expired, upload_id))
        for upload_id in await asyncio.to_thread(self._settled):
            await self._objects.delete_all(await asyncio.to_thread(self._forget_parts, upload_id))
        if expired:
            log.info("uploads expired", uploads=len(expired))
        return len(expired)

    async def sweep(self) -> int:
        """Remove objects that are a day old and no upload's: of requests that were killed; return how many."""
        removed, before_s = 0, now_s() - ORPHAN_AGE_S
        async for page in self._objects.list_pages(storage.UPLOADS):
            old = [found.key for found in page if found.modified_s < before_s]
            orphans = await asyncio.to_thread(self._orphans, old) if old else []
            if orphans:
                await self._objects.delete_all(orphans)
            removed += len(orphans)
        return removed

    def _expired(self) -> list[str]:
        return self._ids(_expired().order_by(tables.upload.c.touched_at_ms).limit(PER_ROUND))

    def _settled(self) -> list[str]:
        upload, job, part = tables.upload.c, tables.job.c, tables.upload_part.c
        stored = sa.exists().where(job.directory == upload.upload_id, job.pull_status == WireStatus.SUCCEEDED.value)
        has_parts = sa.exists().where(part.upload_id == upload.upload_id)
        old = upload.completed_at_ms < now_ms() - SETTLED_MS
        return self._ids(sa.select(upload.upload_id).where(old, stored, has_parts).limit(PER_ROUND))

    def _ids(self, query: sa.Select[tuple[str]]) -> list[str]:
        with self._database.connect() as connection:
            return list(connection.scalars(query))

    def _forget_expired(self, upload_id: str) -> list[str]:
        mine = tables.upload.c.upload_id == upload_id
        with self._database.begin() as connection:
            lock_row(connection, tables.upload.c.upload_id, upload_id)
            if connection.scalar(_expired().where(mine)) is None:  # somebody has gone on with it just now
                return []
            keys = rows.forget_parts(connection, upload_id)
            connection.execute(tables.upload.delete().where(mine))
        return keys

    def _forget_parts(self, upload_id: str) -> list[str]:
        with self._database.begin() as connection:
            return rows.forget_parts(connection, upload_id)

    def _orphans(self, keys: list[str]) -> list[str]:
        with self._database.connect() as connection:
            known = rows.known_keys(connection, keys)
        return [key for key in keys if key not in known]


def _expired() -> sa.Select[tuple[str]]:
    """Return the query for uploads that are over."""
    upload, before_ms = tables.upload.c, now_ms() - KEEP_MS
    over = sa.and_(upload.touched_at_ms < before_ms, upload.deadline_ms < before_ms)
    # Its parts may be the only copy of a file that a worker has not come to yet.
    waited_for = sa.exists().where(tables.job.c.directory == upload.upload_id, ~IS_FINAL)
    return sa.select(upload.upload_id).where(over, ~waited_for)
