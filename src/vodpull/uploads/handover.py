"""The bytes of uploads, handed to whoever works on them, through the store: on any machine, and while they come."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from vodpull import storage
from vodpull.atomic import flush
from vodpull.uploads.blocks import arrived_parts as rows
from vodpull.uploads.blocks.arrived_parts import Part
from vodpull.uploads.blocks.part_objects import Inbox
from vodpull.uploads.key_reservations import find_upload
from vodpull.uploads.upload_and_ticket import Upload


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """What of an upload is here."""

    upload: Upload
    parts: list[Part]
    """From the first byte of the file on, without a gap."""


class Copy:
    """A local file that parts are written into, in their order, with its digests. `keep_as` or `remove` it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self._file = path.open("wb", buffering=0)
        self._begin_digests()

    def _begin_digests(self) -> None:
        self._digests = {"md5": hashlib.md5(usedforsecurity=False), "sha256": hashlib.sha256()}

    def add(self, data: bytes) -> None:
        """Write what comes next."""
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]
        for digest in self._digests.values():
            digest.update(data)
        self.size_bytes += len(data)

    def begin_anew(self) -> None:
        """Throw away what was written."""
        self._file.seek(0)
        self._file.truncate()
        self.size_bytes = 0
        self._begin_digests()

    @property
    def digests(self) -> dict[str, str]:
        """Return `md5` and `sha256` of what was written."""
        return {name: digest.hexdigest() for name, digest in self._digests.items()}

    def keep_as(self, final: Path) -> None:
        """Give the file its name, durably."""
        os.fsync(self._file.fileno())
        self._file.close()
        self.path = self.path.replace(final)
        flush(final.parent)

    def remove(self) -> None:
        """Give the file up, unless it was kept."""
        if not self._file.closed:
            self._file.close()
            self.path.unlink(missing_ok=True)


class Handover:
    """The uploads of one database and store."""

    def __init__(self, engine: sa.Engine, objects: storage.ObjectStore) -> None:
        self._engine = engine
        self._inbox = Inbox(objects)

    async def look(self, upload_id: str) -> Arrived | None:
        """Return what of an upload is here; None: there is no such upload any more."""
        return await asyncio.to_thread(self._look, upload_id)

    def _look(self, upload_id: str) -> Arrived | None:
        with self._engine.connect() as connection:
            upload = find_upload(connection, upload_id)
            if upload is None:
                return None
            series = upload.completed_by if upload.is_complete else rows.largest_series(connection, upload_id)
            blocks = rows.read_blocks(connection, upload_id, series)
        return Arrived(upload=upload, parts=rows.beginning(blocks))

    async def parts(self, upload_id: str) -> list[Part]:
        """Return the parts of a complete upload, its first bytes first; none once they were dropped."""
        found = await self.look(upload_id)
        return found.parts if found is not None and found.upload.is_complete else []

    def read(self, parts: list[Part]) -> AsyncGenerator[bytes]:
        """Yield the bytes of parts, in their order."""
        return self._inbox.read(parts)

    async def write(
        self, parts: list[Part], path: Path, *, on_progress: Callable[[int, int | None], None]
    ) -> dict[str, str]:
        """Write parts to a file, whole or not at all, and return its digests: `md5` and `sha256`."""
        total = sum(part.size_bytes for part in parts)
        copy = await asyncio.to_thread(Copy, path.with_name(f"{path.name}.part"))
        try:
            async with aclosing(self.read(parts)) as blocks:
                async for data in blocks:
                    await asyncio.to_thread(copy.add, data)
                    on_progress(copy.size_bytes, total)
            await asyncio.to_thread(copy.keep_as, path)
        finally:
            copy.remove()
        return copy.digests

    async def drop(self, upload_id: str) -> None:
        """Remove the parts of a complete upload: its file is stored elsewhere."""
        await self._inbox.drop(await asyncio.to_thread(self._forget, upload_id))

    def _forget(self, upload_id: str) -> list[str]:
        with self._engine.begin() as connection:
            upload = find_upload(connection, upload_id)
            return rows.forget_parts(connection, upload_id) if upload is not None and upload.is_complete else []
