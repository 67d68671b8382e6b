"""
Which chunks are encoded while their source is still being fetched; once it is whole: `head_start.py`.

Nothing of it is published, or counts in any way, before the whole file is there and proven: the chunks are kept as
pieces, and the job finds them if the whole file leads to the same plan. It takes only slots that nobody else wants.

Nothing that fails here may harm the job: whoever needs the piece makes it again, and tells what is wrong.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
import structlog

from vodpull import media
from vodpull.errors import EncodeFailed, StorageUnavailable, VodpullError
from vodpull.jobs.model import Job
from vodpull.workflows.attempt.ahead.foreseen_plans import ForeseenPlans
from vodpull.workflows.attempt.context import Context, attempt_name
from vodpull.workflows.attempt.produce import Production
from vodpull.workflows.attempt.single_flight import end
from vodpull.workflows.attempt.workspace.pieces import clear_pieces

LOOK_S = 0.5
"""Between two looks at what has arrived, or whether the attempt is over: nobody else ends what no step waits for."""

LOOK_SHARE = 0.2
"""Of the time, for looks that read all that is here, while something is being encoded."""

LOOK_GROWTH = 1.1
"""What is here must have grown by so much before it is looked at again, when nothing could be told of it."""

log = structlog.get_logger(__name__)


@contextmanager
def harmless(job: Job) -> Iterator[None]:
    """Let the block fail as it will."""
    try:
        yield
    except (VodpullError, OSError, sa.exc.SQLAlchemyError) as error:
        log.info("not encoded early", job=job.job_id, code=getattr(error, "code", type(error).__name__))
    except Exception:
        log.exception("encoding early failed unexpectedly", job=job.job_id)


class Arriving(Protocol):
    """A file that is coming, wherever from; may be asked at any time."""

    @property
    def path(self) -> Path:
        """Return the file; gaps read as zeros."""

    @property
    def size_bytes(self) -> int | None:
        """Return the size of the whole file, as it was announced; None: it is not known yet."""

    @property
    def generation(self) -> int:
        """Return a number that changes when what was here has been thrown away and the file began anew."""

    def spans(self) -> tuple[tuple[int, int], ...]:
        """Return which bytes are here, as half-open spans in order."""


@dataclass(frozen=True, kw_only=True)
class _Outlook:
    """What the whole file will lead to, as far as that is known."""

    plan: media.EncodePlan
    chunks: Sequence[media.Chunk]
    """Those of the plan that are sure."""
    stop_bytes: int | None
    """All of them lie before it, and the next look tells more; None: this is all of the plan, wherever they lie."""
    next_bytes: float = 0.0
    """With so much from the beginning, the next look is likely to tell more."""


class EarlyEncoder:
    """What is encoded of one source before it is whole. Used from one event loop; `end` or `discard` it."""

    def __init__(
        self, context: Context, production: Production, job: Job, *, template: media.Template | None = None
    ) -> None:
        """`template`: of a job that there is not yet."""
        self._context = context
        self._production = production
        self._foresight = ForeseenPlans(context, production.planning)
        self._job = job
        self._template = template
        self._watch: asyncio.Task[None] | None = None
        self._encodes: set[asyncio.Task[None]] = set()
        self._generation = 0
        self._outlook: _Outlook | None = None
        self._begun = 0
        """Chunks of the outlook."""
        self._reach_s = 0.0
        self._next_look_s = 0.0
        self._looked_bytes = 0
        self._part: Arriving | None = None
        self._dropping: asyncio.Task[None] | None = None

    def begin(self, part: Arriving) -> None:
        """Watch a file that is coming."""
        self._part = part
        self._generation = part.generation
        if not part.spans():
            self._dropping = asyncio.create_task(self._drop())
        self._watch = asyncio.create_task(self._follow(part))

    @asynccontextmanager
    async def encoding(self) -> AsyncIterator[Callable[[Arriving], None]]:
        """Give what takes the file that the block fetches, and throw everything away when the block fails."""
        try:
            yield self.begin
            await self.end()
        except BaseException:
            with harmless(self._job):
                await self.discard()
            raise

    async def end(self) -> None:
        """
        Begin nothing more; what is under way goes on, and whoever needs it waits for it.

        Raises:
            StorageError: the store keeps what was made of another file.
        """
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
            await end(self._watch)
            self._watch = None

    async def _abort(self) -> None:
        await end(*self._encodes)
        await self._drop()

    async def _drop(self) -> None:
        """Forget what was encoded, here and where other machines would find it: another file may be coming."""
        self._context.workspace(self._job).drop_results()
        while self._context.is_shared:
            try:
                await clear_pieces(self._context.objects, attempt_name(self._job))
                break
            except StorageUnavailable:
                await asyncio.sleep(LOOK_S)

    async def _follow(self, part: Arriving) -> None:
        with harmless(self._job):
            if self._dropping is not None:
                await asyncio.shield(self._dropping)
            while not await self._all_begun(part):
                await self._pause()
                await self._restart_if_other(part)

    async def _pause(self) -> None:
        """Wait for the next look, which comes at once when an encode has ended."""
        pause = asyncio.ensure_future(asyncio.sleep(LOOK_S))
        try:
            await asyncio.wait([pause, *self._encodes], return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()

    async def _restart_if_other(self, part: Arriving) -> None:
        """Begin again when what has arrived is not of the file that it was of."""
        generation = part.generation
        if generation != self._generation:
            await self._abort()
            self._generation, self._reach_s, self._outlook = generation, 0.0, None
            self._begun = self._looked_bytes = 0

    async def _all_begun(self, part: Arriving) -> bool:
        """Begin what can be; return True when nothing more can come."""
        if self._outlook is None or self._begun >= len(self._outlook.chunks):
            self._outlook = await self._look(part) or self._outlook
        outlook = self._outlook
        if outlook is None:
            return False
        while self._begun < len(outlook.chunks) and await self._is_here(part, outlook, self._begun):
            self._start(part, outlook, outlook.chunks[self._begun])
            self._begun += 1
            await asyncio.sleep(0)  # lets it take its slot
        return outlook.stop_bytes is None and self._begun >= len(outlook.chunks)

    async def _look(self, part: Arriving) -> _Outlook | None:
        """Return what can be foreseen now; None: nothing, or it is too early to look again, or nobody could use it."""
        started_s, spans = time.monotonic(), part.spans()
        if started_s < self._next_look_s or not self._is_worth_looking(spans):
            return None
        self._looked_bytes = sum(stop - start for start, stop in spans)
        outlook = await self._foresee(part, spans)
        ended_s = time.monotonic()
        self._next_look_s = ended_s + (ended_s - started_s) / (LOOK_SHARE if self._encodes else 1)
        return outlook

    def _is_worth_looking(self, spans: media.Spans) -> bool:
        """Return True when what is seen could be encoded, now or after what is being encoded of the same file."""
        outlook, is_free = self._outlook, not self._context.encoders.locked()
        if outlook is None:
            return is_free and sum(stop - start for start, stop in spans) >= LOOK_GROWTH * self._looked_bytes
        return bool(spans) and spans[0][1] >= outlook.next_bytes if self._encodes else is_free

    async def _foresee(self, part: Arriving, spans: media.Spans) -> _Outlook | None:
        path, toolbox = part.path, self._context.toolbox
        found = await media.probe_part(path, spans, size_bytes=part.size_bytes, toolbox=toolbox)
        if found is None:
            return None
        info, stop_bytes = found.info, found.stop_bytes or spans[0][1]

        async def look() -> media.Survey | None:
            try:
                return await media.survey(path, info, toolbox=toolbox, stop_bytes=stop_bytes)
            except EncodeFailed:  # the index of an MP4 may stand at its end
                return None

        plan = await self._foresight.foresee(
            self._job, info, template=self._template, look=look, likely_s=found.likely_s
        )
        if plan is None:
            return None
        if found.stop_bytes is None and not plan.copied:
            return _Outlook(plan=plan, chunks=plan.chunks, stop_bytes=None)
        return _Outlook(
            plan=plan,
            chunks=media.lasting_chunks(plan.chunks, plan.rate, likely_s=found.likely_s),
            stop_bytes=stop_bytes,
            next_bytes=stop_bytes * (1 + media.missing_share(plan.chunks, plan.rate)),
        )

    async def _is_here(self, part: Arriving, outlook: _Outlook, number: int) -> bool:
        """Return True when a chunk can be encoded now: a slot that nobody wants is free, and its bytes are here."""
        if self._context.encoders.locked() or len(self._encodes) >= self._context.encoders.slots:
            return False
        if outlook.stop_bytes is not None:
            return True
        chunk = outlook.chunks[number]
        end_s = float((chunk.first_frame + chunk.frames) / outlook.plan.rate)
        if self._reach_s < end_s:
            self._reach_s = await media.reach(part.path, part.spans(), toolbox=self._context.toolbox)
        return self._reach_s >= end_s

    def _start(self, part: Arriving, outlook: _Outlook, chunk: media.Chunk) -> None:
        encode = asyncio.create_task(self._encode(part, outlook, chunk))
        self._encodes.add(encode)
        encode.add_done_callback(self._encodes.discard)

    async def _encode(self, part: Arriving, outlook: _Outlook, chunk: media.Chunk) -> None:
        with harmless(self._job):
            await self._production.encode_chunk(
                self._job, outlook.plan, chunk, part=part.path, stop_bytes=outlook.stop_bytes
            )
