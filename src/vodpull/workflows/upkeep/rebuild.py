"""A database made again from the manifests that the store has of jobs and materials."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from vodpull import storage
from vodpull.accounts.access_keys import Accounts
from vodpull.accounts.sealed_secrets import Vault
from vodpull.errors import StorageError, StorageUnavailable
from vodpull.jobs.job_folders import folder_key, manifest_of_job
from vodpull.jobs.manifests.manifest import Manifest, job_of, read_manifest
from vodpull.jobs.manifests.records import Record, Records
from vodpull.workflows.upkeep.material_files import MaterialFiles, is_of_material

READS_AT_ONCE = 16

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """What came of a rebuild."""

    added: int
    known: int
    """Jobs and materials that the database had already; they stay as they are."""
    unreadable: int


class Rebuild:
    """Brings what a store has manifests of into a database."""

    def __init__(self, database: sa.Engine, vault: Vault, objects: storage.ObjectStore) -> None:
        self._records = Records(database)
        self._accounts = Accounts(database, vault)
        self._vault = vault
        self._objects = objects
        self._materials = MaterialFiles(database, vault, objects)

    async def run(self) -> Rebuilt:
        """Insert each job and material that has a manifest and is unknown to the database; nothing else is changed."""
        outcomes = await self._materials.rebuild()
        async for page in self._objects.list_pages(storage.MANIFESTS):
            for start in range(0, len(page), READS_AT_ONCE):
                keys = [found.key for found in page[start : start + READS_AT_ONCE]]
                manifests = await asyncio.gather(*(self._read(key) for key in keys if not is_of_material(key)))
                outcomes += [await asyncio.to_thread(self._add, manifest) for manifest in manifests]
        return Rebuilt(
            added=outcomes.count(True), known=outcomes.count(False), unreadable=sum(one is None for one in outcomes)
        )

    async def _read(self, key: str) -> Manifest | None:
        try:
            manifest = read_manifest(await self._objects.get_bytes(key))
        except StorageUnavailable:
            raise
        except StorageError as error:
            log.warning("manifest is not readable", key=key, error=str(error))
            return None
        return manifest if _belongs(manifest, key) else None

    def _add(self, manifest: Manifest | None) -> bool | None:
        if manifest is None:
            return None
        account_id = self._accounts.adopt(manifest.account, manifest.batch.account_id)
        job = job_of(manifest, open_sealed=self._vault.open)
        record = Record(account=manifest.account, batch=manifest.batch, job=job, video=manifest.video)
        return self._records.add(record, account_id=account_id, stored_bytes=manifest.stored_bytes)


def _belongs(manifest: Manifest, key: str) -> bool:
    """Return True when a manifest lies where its job's does, and names files of that job only."""
    job = manifest.job
    files = () if job.asset is None else tuple(file.key for file in job.asset.files)
    folder = folder_key(job)
    return key == manifest_of_job(directory=job.directory, created_at_ms=job.created_at_ms) and all(
        name.startswith(f"{folder}/") for name in files
    )
