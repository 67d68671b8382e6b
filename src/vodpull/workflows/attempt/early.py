"""
Encoding the beginning of a source while its end is still being fetched.

Nothing of it is published, or counts in any way, before the whole file is there and proven: the chunks lie on the
shelf, and the job finds them if the whole file leads to the same plan. It takes only slots that nobody else wants.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from vodpull import fetch, media
from vodpull.errors import StorageUnavailable, VodpullError
from vodpull.jobs.model import Job
from vodpull.workflows.attempt.context import Capabilities, attempt_name
from vodpull.workflows.attempt.pieces import clear_shelf
from vodpull.workflows.attempt.produce import Production

LOOK_S = 0.5
"""Between two looks at what has arrived."""

LOOK_SHARE = 0.2
"""Of the time, for looks that read all that is here, once something is known."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Outlook:
    """What the whole file will lead to, as far as that is known."""

    plan: media.EncodePlan
    chunks: Sequence[media.Chunk]
    """Those of the plan that are sure."""
    stop_bytes: int | None
    """All of them lie before it, and the next look tells more; None: this is all of the plan, wherever they lie."""


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
        self._next_look_s = 0.0
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
        outlook: _Outlook | None = None
        number = 0
        if self._dropping is not None:
            await asyncio.shield(self._dropping)
        while outlook is None or outlook.stop_bytes is not None or number < len(outlook.chunks):
            await asyncio.sleep(LOOK_S)
            if part.generation != self._generation:
                self._generation, self._reach_s, outlook, number = part.generation, 0.0, None, 0
                await self._abort()
            try:
                if outlook is None or number >= len(outlook.chunks):
                    outlook = await self._look(part) or outlook
                while outlook and number < len(outlook.chunks) and await self._is_here(part, outlook, number):
                    self._start(part, outlook, outlook.chunks[number])
                    number += 1
                    await asyncio.sleep(0)  # lets it take its slot
            except VodpullError as error:
                log.info("not encoded early", job=self._job.job_id, code=error.code)
                return

    async def _look(self, part: fetch.PartView) -> _Outlook | None:
        """Return what can be foreseen now; None: nothing, or it is too early to look again, or nobody could use it."""
        started_s = time.monotonic()
        if started_s < self._next_look_s or self._can.encoders.locked():
            return None
        outlook = await self._foresee(part)
        ended_s = time.monotonic()
        self._next_look_s = ended_s + (ended_s - started_s) / (LOOK_SHARE if outlook else 1)
        return outlook

    async def _foresee(self, part: fetch.PartView) -> _Outlook | None:
        path, toolbox = part.path, self._can.toolbox
        found = await media.probe_part(path, part.spans(), size_bytes=part.size_bytes, toolbox=toolbox)
        if found is None:
            return None
        stop_bytes, survey = found.stop_bytes, None
        if media.must_survey(found.info):
            survey = await media.survey(path, found.info, toolbox=toolbox, stop_bytes=stop_bytes)
        plan = await self._production.foresee(self._job, found.info, survey=survey)
        if plan is None:
            return None
        # However long the file is in the end, only its last chunk depends on that.
        sure = plan.chunks if stop_bytes is None else plan.chunks[:-1]
        return _Outlook(plan=plan, chunks=sure, stop_bytes=stop_bytes)

    async def _is_here(self, part: fetch.PartView, outlook: _Outlook, number: int) -> bool:
        """Return True when a chunk can be encoded now: a slot that nobody wants is free, and its bytes are here."""
        if self._can.encoders.locked() or len(self._encodes) >= self._can.encode_slots:
            return False
        if outlook.stop_bytes is not None:
            return True
        chunk = outlook.chunks[number]
        end_s = float((chunk.first_frame + chunk.frames) / outlook.plan.rate)
        if self._reach_s < end_s:
            self._reach_s = await media.reach(part.path, part.spans(), toolbox=self._can.toolbox)
        return self._reach_s >= end_s

    def _start(self, part: fetch.PartView, outlook: _Outlook, chunk: media.Chunk) -> None:
        encode = asyncio.create_task(self._encode(part, outlook, chunk))
        self._encodes.add(encode)
        encode.add_done_callback(self._encodes.discard)

    async def _encode(self, part: fetch.PartView, outlook: _Outlook, chunk: media.Chunk) -> None:
        try:
            await self._production.encode_chunk(
                self._job, outlook.plan, chunk, part=part.path, stop_bytes=outlook.stop_bytes
            )
        except (VodpullError, OSError) as error:
            code = getattr(error, "code", type(error).__name__)
            log.info("not encoded early", job=self._job.job_id, chunk=chunk.number, code=code)
