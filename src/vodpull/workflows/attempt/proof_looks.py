"""
What is seen of a source while it is encoded, so that less of the proof is left for the end.

It is a cache and no more: nothing waits for it, and what is missing the proof looks at itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from vodpull import media
from vodpull.errors import VodpullError
from vodpull.jobs.model import Job
from vodpull.workflows.attempt.context import Context, attempt_name
from vodpull.workflows.attempt.single_flight import end

log = structlog.get_logger(__name__)


class SeenAhead:
    """The looks of one process, one at a time. Used from one event loop."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._turn = asyncio.Semaphore(1)
        self._looks: dict[str, asyncio.Task[None]] = {}

    async def look(self, job: Job, plan: media.EncodePlan, original: media.Original) -> None:
        """Look at a source that is whole here, until all is seen or somebody takes what there is; once."""
        name = attempt_name(job)
        if name in self._looks or self._context.workspace(job).seen.exists():
            return
        look = self._looks[name] = asyncio.create_task(self._look(job, plan, original))
        try:
            await asyncio.wait([look])
        finally:
            await self._end(name)

    @asynccontextmanager
    async def meanwhile(self, job: Job, plan: media.EncodePlan, original: media.Original) -> AsyncIterator[None]:
        """Look at a source as long as the block makes what will be compared with it."""
        look = asyncio.create_task(self.look(job, plan, original))
        try:
            yield
        finally:
            await end(look)

    async def take(self, job: Job) -> Path | None:
        """End the look at a source, and return the folder with what was seen; None: nothing was."""
        await self._end(attempt_name(job))
        folder = self._context.workspace(job).seen
        return folder if folder.exists() else None

    async def _end(self, name: str) -> None:
        look = self._looks.pop(name, None)
        if look is not None:
            await end(look)

    async def _look(self, job: Job, plan: media.EncodePlan, original: media.Original) -> None:
        folder = self._context.workspace(job).seen
        async with self._turn:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                await media.look_ahead(plan, original, folder, toolbox=self._context.toolbox)
            except (VodpullError, OSError) as error:
                log.info("not seen ahead", job=job.job_id, code=getattr(error, "code", type(error).__name__))
            except Exception:
                log.exception("looking ahead failed unexpectedly", job=job.job_id)
