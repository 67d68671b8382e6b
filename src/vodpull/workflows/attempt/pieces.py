"""
Intermediate results of one attempt of a job: plan, sound, chunks. Made once, by whichever process comes first.

A result is a folder under a name that says what it was made from, so a result of another plan is never taken for it.
It lies on the local disk; where several machines work on one job, also in the object store, index last.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from vodpull import storage
from vodpull.errors import ObjectMissing
from vodpull.workflows.attempt.workspace import Workplace


class Shelf:
    """The shelf of one attempt."""

    def __init__(self, place: Workplace, *, objects: storage.ObjectStore | None) -> None:
        """`objects`: where other machines find the results; None: this machine works alone."""
        self._place = place
        self._objects = objects

    async def find(self, name: str) -> Path | None:
        """Return a complete result as a local folder; None: nobody has made it."""
        path = self._place.result(name)
        if path.exists() or self._objects is None:
            return path if path.exists() else None
        files = await self._index(name)
        if files is None:
            return None
        try:
            async with self._place.attempt(path) as folder:
                await asyncio.gather(*(self._objects.get_file(self._key(name, file), folder / file) for file in files))
        except ObjectMissing:
            return None  # cleared in between: the job is over, or its files are made again
        return path

    async def put(self, name: str, work: Callable[[Path], Awaitable[None]]) -> None:
        """
        Make sure that a result is complete and that every machine finds it; `work` fills a folder with it.

        What is complete here, but did not reach the store, is only brought there.
        """
        path = self._place.result(name)
        if await self._index(name) is not None or (self._objects is None and path.exists()):
            return
        if not path.exists():
            async with self._place.attempt(path) as folder:
                await work(folder)
        await self._share(name, path)

    async def _share(self, name: str, path: Path) -> None:
        if self._objects is None:
            return
        files = _names(path)
        await asyncio.gather(*(self._objects.put_file(self._key(name, file), path / file) for file in files))
        await self._objects.put_bytes(self._key(name, _INDEX), json.dumps(files).encode())

    async def _index(self, name: str) -> list[str] | None:
        if self._objects is None:
            return None
        try:
            files: list[str] = json.loads(await self._objects.get_bytes(self._key(name, _INDEX)))
        except ObjectMissing:
            return None
        return files

    def _key(self, name: str, file: str) -> str:
        return storage.work_key(self._place.name, name, file)


_INDEX = "index.json"


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def clear_shelf(objects: storage.ObjectStore, name: str) -> None:
    """Remove the results of an attempt (`<directory>-<attempt>`) from the object store."""
    await objects.delete_below(storage.work_key(name))
