"""Deletion on request and by age, the removal of files, and the sweep of files that belong to no job."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from vodpull import storage
from vodpull.clock import now_s
from vodpull.errors import NotAllowedNow, NotFound, StorageError, StorageUnavailable
from vodpull.jobs.manifests.manifest import folders_of, manifest_of_job
from vodpull.jobs.model import BatchView, Job
from vodpull.jobs.deletions import Removal, Retention
from vodpull.workflows.requests.control import Control
from vodpull.workflows.upkeep.kept_files import Leftovers

REMOVE_WITHIN_S = 5.0
"""As long as somebody waits for files to go; what is left then goes in the background."""

PER_ROUND = 100

ORPHAN_AGE_S = 86_400.0
"""What nobody owns is swept at this age: no upload under way is that old."""

DAY_MS = 86_400_000

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


class Disposal:
    """Deletes batches and jobs with their files."""

    def __init__(self, retention: Retention, control: Control, objects: storage.ObjectStore) -> None:
        self._retention = retention
        self._control = control
        self._objects = objects

    async def delete(self, batch_id: str, *, account_id: str, position: int | None = None) -> bool:
        """
        Delete a batch of an account, or its one job at a position: what is under way is stopped, then the files go.

        No query knows a deleted batch from now on; of a deleted job one sees that there was one. Returns True when
        nothing is left, False when files go in the background. Doing it again within a day changes nothing.

        Raises:
            NotFound: the account has no such batch or job.
        """
        at_rest = await asyncio.to_thread(self.mark, batch_id, account_id, position=position)
        try:
            async with asyncio.timeout(REMOVE_WITHIN_S):
                await self.remove_due(batch_id=batch_id)
        except (TimeoutError, StorageError) as error:
            log.warning("files go in the background", batch=batch_id, error=type(error).__name__)
            return False
        return at_rest

    def mark(self, batch_id: str, account_id: str, *, position: int | None) -> bool:
        """
        Stop and mark as deleted, for the files to go with the next rounds.

        Returns False when something was under way, whose last writes may come yet.

        Raises:
            NotFound: the account has no such batch or job.
        """
        at_rest = True
        while True:
            view = self._retention.find(batch_id)
            if view is None or view.batch.account_id != account_id:
                raise NotFound("there is no such batch")
            chosen = _chosen(view, position)
            if not all(job.is_final for job in chosen):
                at_rest = False
                with suppress(NotAllowedNow):  # they ended by themselves
                    self._control.cancel(view, position=position)
            if self._retention.delete(view, position=position):
                log.info("deleted", batch=batch_id, account=account_id, position=position)
                return at_rest

    def stop(self, job_id: str) -> None:
        """Stop a job, if it is under way."""
        view = self._retention.find_of(job_id)
        if view is not None:
            with suppress(NotAllowedNow):
                self._control.cancel(view)

    async def remove_due(self, *, batch_id: str | None = None) -> int:
        """Remove the files of deleted jobs as far as that is due, one round; return of how many."""
        due = await asyncio.to_thread(self._retention.due, limit=PER_ROUND, batch_id=batch_id)
        for removal in due:
            await self._remove(removal)
            await asyncio.to_thread(self._retention.passed, removal)
        return len(due)

    async def _remove(self, removal: Removal) -> None:
        # The manifest first: a folder that has one counts as somebody's.
        await self._objects.delete(manifest_of_job(directory=removal.directory, created_at_ms=removal.created_at_ms))
        for folder in folders_of(directory=removal.directory, created_at_ms=removal.created_at_ms):
            await self._objects.delete_below(folder)

    def expire(self, *, now_ms: int, keep_days: float) -> int:
        """Delete batches that ended longer ago than this, one round, and return how many; their files go when due."""
        before_ms = now_ms - int(keep_days * DAY_MS)
        expired = self._retention.expired(finished_before_ms=before_ms, limit=PER_ROUND)
        deleted = sum(self._retention.delete(view) for view in expired)
        if deleted:
            log.info("batches expired", batches=deleted, keep_days=keep_days)
        return deleted


class Sweep:
    """Removes what is stored and nobody's: uploads of workers that crashed, leftovers of jobs that were given up."""

    def __init__(
        self,
        retention: Retention,
        objects: storage.ObjectStore,
        *,
        uploads: storage.UnfinishedUploads,
        is_over: Callable[[str], bool],
    ) -> None:
        """`uploads`: those to the same store; `is_over` tells of the name of an attempt whether it has ended."""
        self._retention = retention
        self._objects = objects
        self._uploads = uploads
        self._leftovers = Leftovers(retention, objects)
        self._is_over = is_over

    async def run(self) -> Swept:
        """
        Look at every stored file once.

        Refuses to judge by a database that knows no job at all: that is a lost database, not a store full of orphans.
        """
        before_s = now_s() - ORPHAN_AGE_S
        parts = await self._drop_parts(before_s=before_s)
        if not await asyncio.to_thread(self._retention.knows_jobs):
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
        holdings = await asyncio.to_thread(self._retention.holdings, directories, settled_before_ms=before_ms)
        removed = unknown = 0
        for (month, directory), keys in folders.items():
            holding = holdings.get(directory)
            if holding is not None:
                removed += await self._leftovers.remove(directory, keys, holding=holding, before_ms=before_ms)
            elif await storage.exists(self._objects, storage.manifest_key(month=month, directory=directory)):
                unknown += 1
            else:
                await self._objects.delete_all(keys)
                removed += len(keys)
        return Swept(removed=removed, unknown=unknown)


def _chosen(view: BatchView, position: int | None) -> list[Job]:
    chosen = [job for job in view.jobs if position in {None, job.position}]
    if not chosen:
        raise NotFound("the batch has no such job")
    return chosen
