"""
When manifests go into the store: one for every final job, with the measured size of its files.

What is in one: `jobs/manifests/`; `rebuild.py` makes the database again from them.
"""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from vodpull import storage
from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms
from vodpull.jobs.job_folders import folder_key, manifest_of_job
from vodpull.jobs.manifests.manifest import Stored, manifest_of
from vodpull.jobs.manifests.records import Record, Records
from vodpull.jobs.model import Job
from vodpull.jobs.owned_files import Holdings
from vodpull.workflows.upkeep.replaced_output_removal import Leftovers

PER_ROUND = 100


class Archive:
    """Writes the manifests of one store."""

    def __init__(self, database: sa.Engine, vault: Vault, objects: storage.ObjectStore) -> None:
        self._records = Records(database)
        self._vault = vault
        self._objects = objects
        self._holdings = Holdings(database)
        self._leftovers = Leftovers(self._holdings, objects)

    async def keep_new(self) -> int:
        """
        Write the manifests of jobs that became final, measure what the store holds of them, and return how many.

        Of a job that was given up only its asset stays.
        A job that is retried or deleted meanwhile stays as it is; its manifest follows, or goes with its files.
        """
        records = await asyncio.to_thread(self._records.unarchived, limit=PER_ROUND)
        for record in records:
            await self._keep(record)
        return len(records)

    async def _keep(self, record: Record) -> None:
        job = record.job
        await self._drop_leftovers(job)
        stored = await self._measure(folder_key(job))
        data = manifest_of(record, stored=stored, seal=self._vault.seal)
        await self._objects.put_bytes(manifest_of_job(directory=job.directory, created_at_ms=job.created_at_ms), data)
        await asyncio.to_thread(self._records.archived, record, stored_bytes=stored.size_bytes)

    async def _drop_leftovers(self, job: Job) -> None:
        before_ms = now_ms() + 1
        holding = self._holdings.of([job.directory], settled_before_ms=before_ms).get(job.directory)
        if holding is not None and not holding.everything:
            keys = await self._objects.list_keys(f"{folder_key(job)}/")
            await self._leftovers.remove(job.directory, keys, holding=holding, before_ms=before_ms)

    async def _measure(self, folder: str) -> Stored:
        pages = [page async for page in self._objects.list_pages(folder)]
        sizes = [found.size_bytes for page in pages for found in page]
        return Stored(size_bytes=sum(sizes), files=len(sizes))
