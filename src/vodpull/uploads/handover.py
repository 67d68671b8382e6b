"""The bytes of complete uploads, handed to whoever works on them, through the store: on any machine."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import sqlalchemy as sa

from vodpull import storage
from vodpull.atomic import flush_folder
from vodpull.uploads import parts as rows
from vodpull.uploads.inbox import Inbox
from vodpull.uploads.parts import Part
from vodpull.uploads.reservations import find_upload


class Handover:
    """The complete uploads of one database and store."""

    def __init__(self, engine: sa.Engine, objects: storage.ObjectStore) -> None:
        self._engine = engine
        self._inbox = Inbox(objects)

    async def parts(self, upload_id: str) -> list[Part]:
        """Return the parts of a complete upload, its first bytes first; none once they were dropped."""
        return await asyncio.to_thread(self._parts, upload_id)

    def _parts(self, upload_id: str) -> list[Part]:
        with self._engine.connect() as connection:
            upload = find_upload(connection, upload_id)
            if upload is None or not upload.is_complete:
                return []
            blocks = rows.read_blocks(connection, upload_id, upload.completed_by)
        return [part for block in blocks for part in block.parts]

    async def write(
        self, parts: list[Part], path: Path, *, on_progress: Callable[[int, int | None], None]
    ) -> dict[str, str]:
        """Write parts to a file, whole or not at all, and return its digests: `md5` and `sha256`."""
        total, done = sum(part.size_bytes for part in parts), 0
        digests = {"md5": hashlib.md5(usedforsecurity=False), "sha256": hashlib.sha256()}
        partial = path.with_name(f"{path.name}.part")
        with await asyncio.to_thread(partial.open, "wb") as file:

            def add(data: bytes) -> None:
                file.write(data)
                for digest in digests.values():
                    digest.update(data)

            async with aclosing(self._inbox.read(parts)) as blocks:
                async for data in blocks:
                    await asyncio.to_thread(add, data)
                    done += len(data)
                    on_progress(done, total)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        partial.replace(path)
        await asyncio.to_thread(flush_folder, path.parent)
        return {name: digest.hexdigest() for name, digest in digests.items()}

    async def drop(self, upload_id: str) -> None:
        """Remove the parts of a complete upload: its file is stored elsewhere."""
        await self._inbox.drop(await asyncio.to_thread(self._forget, upload_id))

    def _forget(self, upload_id: str) -> list[str]:
        with self._engine.begin() as connection:
            upload = find_upload(connection, upload_id)
            return rows.forget_parts(connection, upload_id) if upload is not None and upload.is_complete else []
