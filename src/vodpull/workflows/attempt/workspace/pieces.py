"""
The pieces of one attempt of a job: plan, sound, chunks. Each is made once, by whichever process comes first.

A result is a folder under a name that says what it was made from, so a result of another plan is never taken for it.
It lies on the local disk; where several machines work on one job, also in the object store, index last.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from vodpull import media, storage
from vodpull.errors import ObjectMissing
from vodpull.workflows.attempt.workspace.workspace import Workspace

PLAN = "plan-3"
"""Name of the plan itself, with the number of its form: that of an older version is not read, but made again."""

CAREFUL = "plan-3-careful"
"""Name of the plan that takes its place when what it led to could not be published."""

PLAN_FILE = "plan.json"

PLANS_AT_ONCE = 64
"""Plans that a process remembers: more than it works on at a time."""

_PLAN_FORM = TypeAdapter(media.EncodePlan)


class Pieces:
    """The pieces of one attempt, by name: found, or made and shared."""

    def __init__(self, place: Workspace, *, objects: storage.ObjectStore | None) -> None:
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


async def clear_pieces(objects: storage.ObjectStore, name: str) -> None:
    """Remove the results of an attempt (`<directory>-<attempt>`) from the object store."""
    await objects.delete_below(storage.work_key(name))


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan with its names, each of which is made once: a plan of hours has hundreds, and each has a long command."""

    plan: media.EncodePlan

    @cached_property
    def tracks_name(self) -> str:
        """Name of what is made of the film as a whole."""
        return f"tracks-{_digest(media.build_tracks_argv(self.plan))}"

    @cached_property
    def chunk_names(self) -> tuple[str, ...]:
        """Name of each chunk."""
        return tuple(chunk_name(self.plan, chunk) for chunk in self.plan.chunks)


def chunk_name(plan: media.EncodePlan, chunk: media.Chunk) -> str:
    """Return the name of a chunk."""
    return f"chunk-{chunk.number}-{_digest(media.build_chunk_argv(plan, chunk))}"


def _digest(argv: list[str]) -> str:
    return hashlib.sha256("\0".join(argv).encode()).hexdigest()[:32]


def write_plan(plan: media.EncodePlan, folder: Path) -> None:
    """Put a plan into the folder of an intermediate result."""
    (folder / PLAN_FILE).write_bytes(_PLAN_FORM.dump_json(plan))


def read_plan(folder: Path) -> Planned:
    """Return the plan of a complete intermediate result."""
    file = folder / PLAN_FILE
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=PLANS_AT_ONCE)
def _read(file: Path, _written_ns: int) -> Planned:
    return Planned(plan=_PLAN_FORM.validate_json(file.read_bytes()))
