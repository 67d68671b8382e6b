"""The files of materials: their manifests, the removal of deleted ones, and the sweep of those that nobody owns."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
import structlog

from vodpull import media, storage
from vodpull.accounts.access_keys import Accounts
from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_s
from vodpull.errors import MediaError, ObjectMissing, StorageError, StorageUnavailable
from vodpull.materials.manifest import read_manifest, write_manifest
from vodpull.materials.material import Material
from vodpull.materials.materials import Materials
from vodpull.workflows.upkeep.orphans import ORPHAN_AGE_S

PER_ROUND = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class InspectionTools:
    """Where and with what files are looked into."""

    folder: Path
    toolbox: media.Toolbox


def is_of_material(manifest_key: str) -> bool:
    """Tell whether the manifest of this key is a material's."""
    return manifest_key.startswith(tuple(f"{storage.MANIFESTS}/{root}/" for root in storage.MATERIAL_ROOTS))


class MaterialFiles:
    """Keeps the store and the materials of one database alike."""

    def __init__(
        self,
        database: sa.Engine,
        vault: Vault,
        objects: storage.ObjectStore,
        *,
        inspection: InspectionTools | None = None,
    ) -> None:
        """`inspection`: without it, sound stays unmeasured."""
        self._inspection = inspection
        self._materials = Materials(database)
        self._accounts = Accounts(database, vault)
        self._objects = objects

    async def keep_up(self) -> None:
        """Write the manifests of what is new or changed, and remove the files of what was deleted: one round."""
        for material in await asyncio.to_thread(self._materials.unarchived, limit=PER_ROUND):
            await self._objects.put_bytes(_manifest_key(material), write_manifest(material))
            await asyncio.to_thread(self._materials.archived, material)
        for material in await asyncio.to_thread(self._materials.doomed, limit=PER_ROUND):
            # The manifest first: a file that has one counts as somebody's.
            await self._objects.delete_all([_manifest_key(material)])
            await self._objects.delete_all([material.key])
            await asyncio.to_thread(self._materials.forget, material)

    async def measure(self) -> None:
        """Look how long new sound is: one round. What cannot be read is kept as it came, with no length."""
        if self._inspection is None:
            return
        for material in await asyncio.to_thread(self._materials.unmeasured, limit=PER_ROUND):
            duration_s = await self._length_s(material, self._inspection)
            await asyncio.to_thread(self._materials.measured, material, duration_s=duration_s)

    async def _length_s(self, material: Material, inspection: InspectionTools) -> float:
        with tempfile.TemporaryDirectory(dir=inspection.folder) as place:
            path = Path(place) / "sound"
            try:
                await self._objects.get_file(material.key, path)
                return (await media.probe(path, toolbox=inspection.toolbox)).duration_s
            except (ObjectMissing, MediaError) as error:
                log.warning("sound cannot be measured", material=material.material_id, code=error.code)
                return 0.0

    async def sweep(self) -> int:
        """Remove files that are a day old and no material's, unless the database is what lacks it; return how many."""
        removed = 0
        for root in storage.MATERIAL_ROOTS:
            async for page in self._objects.list_pages(root):
                old = [found.key for found in page if found.modified_s < now_s() - ORPHAN_AGE_S]
                removed += await self._sweep_page(old)
        return removed

    async def _sweep_page(self, keys: list[str]) -> int:
        owners = {key: owner for key in keys if (owner := storage.material_of(key)) is not None}
        known = await asyncio.to_thread(self._materials.known, [owner for owner, _ in owners.values()])
        nobodys = [(key, manifest) for key, (owner, manifest) in owners.items() if owner not in known]
        doomed = [key for key, manifest in nobodys if not await storage.exists(self._objects, manifest)]
        await self._objects.delete_all(doomed)
        return len(doomed)

    async def rebuild(self) -> list[bool | None]:
        """
        Insert every material that has a manifest and that the database does not know.

        Returns for each whether it was added; None: its manifest cannot be read.
        """
        outcomes: list[bool | None] = []
        for root in storage.MATERIAL_ROOTS:
            async for page in self._objects.list_pages(f"{storage.MANIFESTS}/{root}"):
                outcomes += [await self._restore(found.key) for found in page]
        return outcomes

    async def _restore(self, key: str) -> bool | None:
        try:
            material = read_manifest(await self._objects.get_bytes(key))
            info = await self._objects.head(material.key)
        except StorageUnavailable:
            raise
        except StorageError as error:
            log.warning("manifest is not readable", key=key, error=str(error))
            return None
        if key != _manifest_key(material):
            return None
        account_id = await asyncio.to_thread(self._accounts.adopt, material.account, material.account_id)
        found = replace(material, account_id=account_id, size_bytes=info.size_bytes)
        return await asyncio.to_thread(self._materials.restore, found)


def _manifest_key(material: Material) -> str:
    """Return where a material's manifest is; empty for one whose key is none, which no manifest has."""
    owner = storage.material_of(material.key)
    return "" if owner is None else owner[1]
