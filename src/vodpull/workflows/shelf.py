"""
Intermediate results of one attempt of a job: plan, sound, chunks. Made once, by whichever process comes first.

A result is a folder under a name that says what it was made from, so a result of another plan is never taken for it.
It lies on the local disk; where several machines work on one job, also in the object store, index last.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from vodpull import storage
from vodpull.errors import ObjectMissing
from vodpull.workflows.workplace import Workplace


class Shelf:
    """The shelf of one attempt."""

    def __init__(self, place: Workplace, *, objects: storage.ObjectStore | None) -> None:
        """`objects`: where other machines find the results; None: this machine works alone."""
        self._place = place
        self._objects = objects

    async def has(self, name: str) -> bool:
        """Return True when a result is complete, here or in the store."""
        return self._place.result(name).exists() or await self._index(name) is not None

    async def find(self, name: str) -> Path | None:
        """Return a complete result as a local folder; None: nobody has made it."""
        path = self._place.result(name)
        if path.exists() or self._objects is None:
            return path if path.exists() else None
        files = await self._index(name)
        if files is None:
            return None
        try:
            with self._place.attempt(path) as folder:
                for file in files:
                    await self._objects.get_file(self._key(name, file), folder / file)
        except ObjectMissing:
            return None  # cleared in between: the job is over, or its files are made again
        return path

    @asynccontextmanager
    async def make(self, name: str) -> AsyncIterator[Path]:
        """Give a fresh folder, which becomes the result when the block ends well and vanishes when not."""
        with self._place.attempt(self._place.result(name)) as folder:
            yield folder
        if self._objects is not None:
            files = sorted(path.name for path in self._place.result(name).iterdir())
            for file in files:
                await self._objects.put_file(self._key(name, file), self._place.result(name) / file)
            await self._objects.put_bytes(self._key(name, _INDEX), json.dumps(files).encode())

    async def _index(self, name: str) -> list[str] | None:
        if self._objects is None:
            return None
        try:
            info = await self._objects.head(self._key(name, _INDEX))
            blocks = [block async for block in self._objects.read(self._key(name, _INDEX), 0, info.size_bytes)]
        except ObjectMissing:
            return None
        files: list[str] = json.loads(b"".join(blocks))
        return files

    def _key(self, name: str, file: str) -> str:
        return storage.work_key(self._place.name, name, file)


_INDEX = "index.json"


async def clear_shelf(objects: storage.ObjectStore, name: str) -> None:
    """Remove the results of an attempt (`<directory>-<attempt>`) from the object store."""
    keys = await objects.list_keys(storage.work_key(name))
    await asyncio.gather(*(objects.delete(key) for key in keys))
