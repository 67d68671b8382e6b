"""
Deleting batches and jobs: what is under way is stopped, rows are marked, and files are removed as they are due.

When they are due is decided in `jobs/deletion_passes.py`; what is too old, in `workflows/upkeep/batch_retention.py`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from vodpull import storage
from vodpull.errors import NotAllowedNow, NotFound, StorageError
from vodpull.jobs.deletions import Deletions, Removal
from vodpull.jobs.job_folders import folders_of, manifest_of_job
from vodpull.jobs.model import BatchView, Job
from vodpull.workflows.requests.cancel_and_retry import Control

REMOVE_WITHIN_S = 5.0
"""As long as somebody waits for files to go; what is left then goes in the background."""

PER_ROUND = 100

log = structlog.get_logger(__name__)


class BatchDeletion:
    """Deletes batches and jobs with their files."""

    def __init__(self, deletions: Deletions, control: Control, objects: storage.ObjectStore) -> None:
        self._deletions = deletions
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
            view = self._deletions.find(batch_id)
            if view is None or view.batch.account_id != account_id:
                raise NotFound("there is no such batch")
            chosen = _chosen(view, position)
            if not all(job.is_final for job in chosen):
                at_rest = False
                with suppress(NotAllowedNow):  # they ended by themselves
                    self._control.cancel(view, position=position)
            if self._deletions.delete(view, position=position):
                log.info("deleted", batch=batch_id, account=account_id, position=position)
                return at_rest

    def stop(self, job_id: str) -> None:
        """Stop a job, if it is under way."""
        view = self._deletions.find_of(job_id)
        if view is not None:
            with suppress(NotAllowedNow):
                self._control.cancel(view)

    async def remove_due(self, *, batch_id: str | None = None) -> int:
        """Remove the files of deleted jobs as far as that is due, one round; return of how many."""
        due = await asyncio.to_thread(self._deletions.due, limit=PER_ROUND, batch_id=batch_id)
        for removal in due:
            await self._remove(removal)
            await asyncio.to_thread(self._deletions.passed, removal)
        return len(due)

    async def _remove(self, removal: Removal) -> None:
        # The manifest first: a folder that has one counts as somebody's.
        await self._objects.delete(manifest_of_job(directory=removal.directory, created_at_ms=removal.created_at_ms))
        for folder in folders_of(directory=removal.directory, created_at_ms=removal.created_at_ms):
            await self._objects.delete_below(folder)


def _chosen(view: BatchView, position: int | None) -> list[Job]:
    chosen = [job for job in view.jobs if position in {None, job.position}]
    if not chosen:
        raise NotFound("the batch has no such job")
    return chosen
