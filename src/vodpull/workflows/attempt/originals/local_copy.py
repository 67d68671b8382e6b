"""The original of a job as a local file, whichever process stored it, and in its place a copy with one clock."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from vodpull import media
from vodpull.jobs.model import Job
from vodpull.jobs.states_and_codes import EDITED
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.originals.stored_video import bring_playlist
from vodpull.workflows.attempt.single_flight import SharedWork


class Originals:
    """The originals of one process's jobs; each is brought once at a time. Used from one event loop."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._shared = SharedWork()

    async def readable(self, job: Job) -> Path:
        """Return what the original is made into others from: a local file, from the store when need be."""
        return await self.steadied(job, await self.as_it_came(job))

    async def as_it_came(self, job: Job) -> Path:
        """Return the original as it came: a local file, from the store when need be."""
        place = self._context.workspace(job)
        assert job.asset is not None  # noqa: S101 - recorded before any step that comes here
        if place.joined.exists():
            return place.joined
        place.drop_other_source(sha256=job.asset.sha256)
        if not place.source.exists():
            place.open()
            key, objects = job.asset.files[0].key, self._context.objects
            if job.origin in EDITED and key.endswith(".m3u8"):
                bring = partial(bring_playlist, key, place.source, files=self._context.clear_files)
            else:
                bring = partial(objects.get_file, key, place.source)
            await self._shared.once((place.name, "source"), bring)
        return place.source

    async def steadied(self, job: Job, source: Path) -> Path:
        """Return a whole source, or in its place a copy with one clock."""
        place = self._context.workspace(job)
        if source == place.joined:
            return source

        async def write() -> None:
            async with place.attempt(place.steadied) as folder:
                made = await media.steady(source, folder, toolbox=self._context.toolbox)
                place.write_shifts(folder, made.shifts if made else ())

        if not place.steadied.exists():
            await self._shared.once((place.name, "steadied"), write)
        made = place.steadied / media.STEADY_FILE
        return made if made.exists() else source
