"""
Encoding the beginning of a source while its end is still being fetched.

Nothing of it is published, or counts in any way, before the whole file is there and proven: the chunks lie on the
shelf, and the job finds them if the whole file leads to the same plan. It takes only slots that nobody else wants.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from vodpull import fetch, media
from vodpull.errors import StorageUnavailable, VodpullError
from vodpull.jobs.model import Job
from vodpull.workflows.capabilities import Capabilities, attempt_name
from vodpull.workflows.production import Production
from vodpull.workflows.shelf import clear_shelf

LOOK_S = 0.5
"""Between two looks at what has arrived."""

log = structlog.get_logger(__name__)


class EarlyEncoder:
    """What is encoded of one source before it is whole. Used from one event loop; `end` or `discard` it."""

    def __init__(self, capabilities: Capabilities, production: Production, job: Job) -> None:
        self._can = capabilities
        self._production = production
        self._job = job
        self._watch: asyncio.Task[None] | None = None
        self._encodes: set[asyncio.Task[None]] = set()
        self._generation = 0
        self._reach_s = 0.0
        self._part: fetch.PartView | None = None
        self._dropping: asyncio.Task[None] | None = None

    def begin(self, part: fetch.PartView) -> None:
        """Watch a file that is coming."""
        self._part = part
        self._generation = part.generation
        if not part.spans():
            self._dropping = asyncio.create_task(self._drop())
        self._watch = asyncio.create_task(self._follow(part))

    async def end(self) -> None:
        """Begin nothing more; what is under way goes on, and whoever needs it waits for it."""
        await self._stop_watching()
        if self._dropping is not None:
            await self._dropping
        if self._part is not None and self._part.generation != self._generation:
            await self.discard()

    async def discard(self) -> None:
        """End everything and throw it away: the file it was made from is not the one that was asked for."""
        await self._stop_watching()
        await self._abort()

    async def _stop_watching(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None

    async def _abort(self) -> None:
        for encode in self._encodes:
            encode.cancel()
        await asyncio.gather(*self._encodes, return_exceptions=True)
        await self._drop()

    async def _drop(self) -> None:
        """Forget what was encoded, here and where other machines would find it: another file may be coming."""
        self._can.workplace(self._job).drop_results()
        while self._can.is_shared:
            try:
                await clear_shelf(self._can.objects, attempt_name(self._job))
                break
            except StorageUnavailable:
                await asyncio.sleep(LOOK_S)

    async def _follow(self, part: fetch.PartView) -> None:
        plan: media.EncodePlan | None = None
        number = 0
        if self._dropping is not None:
            await asyncio.shield(self._dropping)
        while plan is None or number < len(plan.chunks):
            await asyncio.sleep(LOOK_S)
            if part.generation != self._generation:
                self._generation, self._reach_s, plan, number = part.generation, 0.0, None, 0
                await self._abort()
            try:
                plan = plan or await self._plan(part)
                while plan is not None and number < len(plan.chunks) and await self._is_here(part, plan, number):
                    self._start(part, plan, plan.chunks[number])
                    number += 1
                    await asyncio.sleep(0)  # lets it take its slot
            except VodpullError as error:
                log.info("not encoded early", job=self._job.job_id, code=error.code)
                return

    async def _plan(self, part: fetch.PartView) -> media.EncodePlan | None:
        """Return the plan that the whole file will lead to; None: what is here does not tell it yet."""
        if part.size_bytes is None:
            return None
        spans, size_bytes = part.spans(), part.size_bytes
        info = await media.probe_part(part.path, spans, size_bytes=size_bytes, toolbox=self._can.toolbox)
        return None if info is None else await self._production.foresee(self._job, info)

    async def _is_here(self, part: fetch.PartView, plan: media.EncodePlan, number: int) -> bool:
        """Return True when a chunk can be encoded now: a slot that nobody wants is free, and its bytes are here."""
        if self._can.encoders.locked():
            return False
        chunk = plan.chunks[number]
        end_s = float((chunk.first_frame + chunk.frames) / plan.rate)
        if self._reach_s < end_s:
            self._reach_s = await media.reach(part.path, part.spans(), toolbox=self._can.toolbox)
        return self._reach_s >= end_s

    def _start(self, part: fetch.PartView, plan: media.EncodePlan, chunk: media.Chunk) -> None:
        encode = asyncio.create_task(self._encode(part, plan, chunk))
        self._encodes.add(encode)
        encode.add_done_callback(self._encodes.discard)

    async def _encode(self, part: fetch.PartView, plan: media.EncodePlan, chunk: media.Chunk) -> None:
        try:
            await self._production.encode_chunk(self._job, plan, chunk, source=part.path, on_progress=_unheard)
        except (VodpullError, OSError) as error:
            code = getattr(error, "code", type(error).__name__)
            log.info("not encoded early", job=self._job.job_id, chunk=chunk.number, code=code)


def _unheard() -> None:
    """While bytes arrive, the progress of a job is that of its fetch."""
