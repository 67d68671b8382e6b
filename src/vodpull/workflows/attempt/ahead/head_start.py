"""
What begins while a whole source is being stored, before a step asks for it: its plan, its first chunk, looks at it.

It is kept, counts and fails as in `early_chunks.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import sqlalchemy as sa

from vodpull import media
from vodpull.jobs.model import Job
from vodpull.jobs.store.abandoned_work_folders import work_is_over
from vodpull.workflows.attempt.ahead.early_chunks import LOOK_S, harmless
from vodpull.workflows.attempt.ahead.foreseen_plans import ForeseenPlans
from vodpull.workflows.attempt.context import Context, attempt_name
from vodpull.workflows.attempt.produce import Production
from vodpull.workflows.attempt.single_flight import end, run_all
from vodpull.workflows.attempt.workspace.pieces import Planned, chunk_name


class HeadStart:
    """
    Encodes the first chunk while the original is being stored, its packets are read and steps change.

    It is what the steps would do a moment later, with the same pieces: they wait for what is under way, and find what
    is done. Meanwhile the source is looked at for the proof. Only where this process works alone: else another one
    might begin the same meanwhile. Used from one event loop.
    """

    def __init__(self, context: Context, production: Production) -> None:
        self._context = context
        self._production = production
        self._foresight = ForeseenPlans(context, production.planning)
        self._watches: set[asyncio.Task[None]] = set()

    def begin(self, job: Job, info: media.MediaInfo, source: Path) -> None:
        """Begin with a job whose whole source is here; returns at once."""
        if info.video is not None and not self._context.is_shared:
            watch = asyncio.create_task(self._watch(job, info, source))
            self._watches.add(watch)
            watch.add_done_callback(self._watches.discard)

    async def _watch(self, job: Job, info: media.MediaInfo, source: Path) -> None:
        running = asyncio.create_task(self._run(job, info, source))
        try:
            while not (await asyncio.wait([running], timeout=LOOK_S))[0]:
                with contextlib.suppress(sa.exc.SQLAlchemyError):  # the next look tells
                    if await asyncio.to_thread(work_is_over, self._context.store.engine, attempt_name(job)):
                        return
        finally:
            await end(running)  # asked once: being asked again would disturb it while it cleans up

    async def _run(self, job: Job, info: media.MediaInfo, source: Path) -> None:
        with harmless(job):
            works = [self._plan, self._encode_first, self._look_ahead]
            await run_all([work(job, info, source) for work in works])

    async def _plan(self, job: Job, info: media.MediaInfo, source: Path) -> Planned:
        return await self._production.plan(job, info, source=source)

    async def _look_ahead(self, job: Job, info: media.MediaInfo, source: Path) -> None:
        planned = await self._plan(job, info, source)
        await self._production.seen_ahead.look(job, planned.plan, media.Original(path=source, info=info))

    async def _encode_first(self, job: Job, info: media.MediaInfo, source: Path) -> None:
        """Encode the first chunk of the plan that is to be expected, as long as it is not known to be another one."""
        foreseen = await self._foresight.foresee(job, info)
        plan = foreseen or (await self._plan(job, info, source)).plan
        if not plan.chunks or self._context.encoders.locked():
            return
        first = plan.chunks[0]
        encoding = asyncio.create_task(self._production.encode_chunk(job, plan, first, part=source))
        try:
            if chunk_name(plan, first) in (await self._plan(job, info, source)).chunk_names:
                await encoding
        finally:
            await end(encoding)
