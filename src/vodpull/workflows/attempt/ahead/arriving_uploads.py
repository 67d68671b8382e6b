"""
Files that clients are still sending, copied here as they come, so that what is here can be encoded.

There is no job yet, and nobody sees anything of this: the job that the complete upload becomes finds its source copied
and its first chunks made, under the names that its first attempt would give them. Of an upload that is given up,
nothing stays. It may end at any time: whatever is not made here is made by the job.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress
from pathlib import Path

import sqlalchemy as sa
import structlog

from vodpull.errors import Cancelled, ObjectMissing, VodpullError
from vodpull.jobs.model import Job
from vodpull.uploads.blocks.arrived_parts import Part
from vodpull.uploads.encode_ahead_pause import QUIET_MS
from vodpull.uploads.handover import Copy
from vodpull.uploads.upload_and_ticket import Upload
from vodpull.workflows.attempt.ahead.early_chunks import EarlyEncoder
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.produce import Production
from vodpull.workflows.attempt.workspace.disk_reservations_and_backlog import Reservation

LOOK_S = 0.5

LOOK_SHARE = 0.1
"""Of the time, for looks: an upload of a terabyte has a quarter of a million parts."""

log = structlog.get_logger(__name__)


class ArrivingFile:
    """The local copy of what has come of an upload without a gap, as `EarlyEncoder` watches it."""

    def __init__(self, copy: Copy, *, size_bytes: int | None) -> None:
        self.copy = copy
        self.size_bytes = size_bytes
        self.generation = 0
        self.keys: list[str] = []
        """Of the parts that were copied."""

    @property
    def path(self) -> Path:
        """Return the copy, or from the moment of its renaming the source of the job."""
        return self.copy.path

    def spans(self) -> tuple[tuple[int, int], ...]:
        """Return which bytes can be read."""
        return ((0, self.copy.size_bytes),) if self.copy.size_bytes else ()

    def add(self, part: Part, data: bytes) -> None:
        """Copy the next part."""
        self.copy.add(data)
        self.keys.append(part.key)

    def begin_anew(self) -> None:
        """Throw away what was copied: something else has come in its place."""
        self.generation += 1
        self.keys.clear()
        self.copy.begin_anew()


class Arrivals:
    """The uploads that one process follows. Used from one event loop."""

    def __init__(self, context: Context, production: Production) -> None:
        self._context = context
        self._production = production
        self._under_way: dict[str, _Arrival] = {}

    async def follow(self, upload_id: str) -> None:
        """Encode what can be of an upload while it comes, until it is complete, gone or quiet. Nothing is raised."""
        if upload_id in self._under_way:
            return
        arrival = self._under_way[upload_id] = _Arrival(self._context, self._production, upload_id)
        try:
            await arrival.follow()
        except (VodpullError, OSError, sa.exc.SQLAlchemyError) as error:
            code = getattr(error, "code", type(error).__name__)
            log.info("upload not followed to its end", upload=upload_id, code=code, reason=str(error))
        finally:
            del self._under_way[upload_id]
            arrival.ended.set()

    async def settle(self, upload_id: str) -> None:
        """Wait until a complete upload is copied to its end, where it is being copied here."""
        arrival = self._under_way.get(upload_id)
        if arrival is not None:
            arrival.hurry.set()
            await arrival.ended.wait()


class _Arrival:
    """One upload."""

    def __init__(self, context: Context, production: Production, upload_id: str) -> None:
        self._context = context
        self._production = production
        self._upload_id = upload_id
        self.hurry = asyncio.Event()
        """It is complete."""
        self.ended = asyncio.Event()

    async def follow(self) -> None:
        found = await self._context.handover.look(self._upload_id)
        if found is None or found.upload.is_complete:
            return
        upload, job = found.upload, _job_of(found.upload)
        options = upload.options
        template = await self._production.planning.template_of_upload(
            str(options["template"]), watermark=str(options["watermark"]), account_id=upload.account_id
        )
        early = EarlyEncoder(self._context, self._production, job, template=template)
        place = self._context.workspace(job)
        async with self._context.admission.admitted(encodes=True) as reservation:
            place.open()
            copy = await asyncio.to_thread(Copy, place.folder / "arriving")
            try:
                async with early.encoding() as watch:
                    coming = ArrivingFile(copy, size_bytes=upload.size_bytes)
                    watch(coming)
                    await self._copy(coming, reservation)
                    await asyncio.to_thread(place.write_digests, **copy.digests)
                    await asyncio.to_thread(copy.keep_as, place.source)
                    log.info("upload copied as it came", upload=upload.upload_id, size_bytes=copy.size_bytes)
            finally:
                copy.remove()
                with suppress(OSError):  # there is more in it: it is the job's
                    place.folder.rmdir()

    async def _copy(self, coming: ArrivingFile, reservation: Reservation) -> None:
        """
        Copy an upload until it is complete and all of it is here.

        Raises:
            Cancelled: that will not be.
        """
        last_s = time.monotonic()
        while True:
            started_s = time.monotonic()
            found = await self._context.handover.look(self._upload_id)
            looked_s = time.monotonic() - started_s
            if found is None:
                raise Cancelled("the upload was given up")
            if await self._catch_up(coming, found.parts, reservation):
                last_s = time.monotonic()
            if found.upload.is_complete and coming.copy.size_bytes == found.upload.size_bytes:
                return
            if (found.upload.is_complete and not found.parts) or 1000 * (time.monotonic() - last_s) > QUIET_MS:
                raise Cancelled("the upload is stored already" if found.upload.is_complete else "nothing more comes")
            with suppress(TimeoutError):
                await asyncio.wait_for(self.hurry.wait(), max(LOOK_S, looked_s / LOOK_SHARE))
            self.hurry.clear()

    async def _catch_up(self, coming: ArrivingFile, parts: list[Part], reservation: Reservation) -> bool:
        """Copy what is new, and return whether anything was."""
        if [part.key for part in parts[: len(coming.keys)]] != coming.keys:
            coming.begin_anew()
        fresh = parts[len(coming.keys) :]
        reservation.cover(coming.copy.size_bytes, coming.size_bytes)
        with suppress(ObjectMissing):  # replaced by others just now: the next look tells by which
            async with aclosing(self._context.handover.read(fresh)) as blocks:
                left = iter(fresh)
                async for data in blocks:
                    await asyncio.to_thread(coming.add, next(left), data)
                    reservation.cover(coming.copy.size_bytes, coming.size_bytes)
        return bool(fresh)


def _job_of(upload: Upload) -> Job:
    """Return what of the job that an upload will become the names of its work files are made from."""
    return Job(
        job_id=upload.upload_id,
        batch_id="",
        position=0,
        file_name=upload.file_name,
        source_url="",
        md5=upload.md5,
        video_id=upload.subject_id,
        directory=upload.upload_id,
        created_at_ms=upload.created_at_ms,
    )
