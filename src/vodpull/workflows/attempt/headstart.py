"""
A head start: the first chunk is encoded while the original is being stored, its packets are read and steps change.

It is what the steps would do a moment later, on the same shelf: they wait for what is under way, and find what is done.
Only where this process works alone: else another one might begin the same meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import sqlalchemy as sa
import structlog

from vodpull import media
from vodpull.errors import VodpullError
from vodpull.jobs.model import Job
from vodpull.workflows.attempt.context import Capabilities, attempt_name
from vodpull.workflows.attempt.planned import Planned, chunk_name
from vodpull.workflows.attempt.produce import Production

LOOK_S = 0.5
"""Between two looks whether the attempt is over: nobody else ends what no step waits for."""

log = structlog.get_logger(__name__)


class HeadStart:
    """Gives the jobs of one process a head start. Used from one event loop."""

    def __init__(self, capabilities: Capabilities, production: Production) -> None:
        self._can = capabilities
        self._production = production
        self._watches: set[asyncio.Task[None]] = set()

    def begin(self, job: Job, info: media.MediaInfo, source: Path) -> None:
        """Begin with a job whose whole source is here; returns at once."""
        if info.video is not None and not self._can.is_shared:
            watch = asyncio.create_task(self._watch(job, info, source))
            self._watches.add(watch)
            watch.add_done_callback(self._watches.discard)

    async def _watch(self, job: Job, info: media.MediaInfo, source: Path) -> None:
        running = asyncio.create_task(self._run(job, info, source))
        while not (await asyncio.wait([running], timeout=LOOK_S))[0]:
            with contextlib.suppress(sa.exc.SQLAlchemyError):  # the next look tells
                if await asyncio.to_thread(self._can.store.work_is_over, attempt_name(job)):
                    running.cancel()

    async def _run(self, job: Job, info: media.MediaInfo, source: Path) -> None:
        try:
            await asyncio.gather(self._plan(job, info, source), self._encode_first(job, info, source))
        except (VodpullError, OSError, sa.exc.SQLAlchemyError) as error:  # whoever needs it tries again, and tells
            log.info("no head start", job=job.job_id, code=getattr(error, "code", type(error).__name__))

    async def _plan(self, job: Job, info: media.MediaInfo, source: Path) -> Planned:
        return await self._production.plan(job, info, source=source)

    async def _encode_first(self, job: Job, info: media.MediaInfo, source: Path) -> None:
        """Encode the first chunk of the plan that is to be expected, as long as it is not known to be another one."""
        foreseen = await self._production.foresee(job, info)
        plan = foreseen or (await self._plan(job, info, source)).plan
        if not plan.chunks or self._can.encoders.locked():
            return
        first = plan.chunks[0]
        encoding = asyncio.create_task(self._production.encode_chunk(job, plan, first, part=source))
        try:
            if chunk_name(plan, first) in (await self._plan(job, info, source)).chunk_names:
                await encoding
        finally:
            encoding.cancel()
            await asyncio.gather(encoding, return_exceptions=True)
