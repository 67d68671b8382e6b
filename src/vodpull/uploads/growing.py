"""Uploads that grow from their beginning to their end, by one writer at a time: one block, whatever its size."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

import sqlalchemy as sa

from vodpull.errors import UploadDamaged, UploadError, UploadMisplaced
from vodpull.uploads.blocks import arrived_parts as rows
from vodpull.uploads.blocks.arrived_parts import Part
from vodpull.uploads.blocks.block_ctx import BlockPlace
from vodpull.uploads.blocks.part_objects import Sums
from vodpull.uploads.blocks.shared_body_memory import Body
from vodpull.uploads.completing import locked
from vodpull.uploads.upload_and_ticket import Ticket, Upload, Wanted
from vodpull.uploads.uploads import Uploads

MOST_WAITING = 4
"""Parts that do not count yet: when the database is slow, so is the client told to be."""


@dataclass(frozen=True, kw_only=True)
class Growing:
    """One upload of known size, on its way."""

    upload: Upload
    offset: int
    """How far it has come."""

    @property
    def size_bytes(self) -> int:
        """The size that was announced."""
        return self.upload.size_bytes or 0


class GrowingUploads:
    """Such uploads of one process."""

    def __init__(self, uploads: Uploads, *, series: str) -> None:
        self._uploads = uploads
        self._series = series

    def begin(self, connection: sa.Connection, wanted: Wanted) -> tuple[Upload, list[str]]:
        """
        Reserve a place for a file of announced size, or go on with it; return it, and objects that nobody needs.

        Raises:
            TooManyUploads, UploadTooLarge: as `Uploads.reserve`.
        """
        upload = self._uploads.reserve(connection, wanted)
        if upload.is_complete:
            return upload, []
        return upload, rows.open_block(connection, self._place(upload))

    async def find(self, upload_id: str, *, account_id: str) -> Growing | None:
        """Return an upload of an account; None: it has none of this id."""
        upload = await self._uploads.find(upload_id)
        if upload is None or upload.account_id != account_id:
            return None
        if upload.is_complete:
            return Growing(upload=upload, offset=upload.size_bytes or 0)
        end = await asyncio.to_thread(self._uploads.database.read, lambda on: rows.end_of(on, self._place(upload)))
        return Growing(upload=upload, offset=end)

    async def append(self, growing: Growing, body: Body, *, is_good: Callable[[], bool] | None) -> int:
        """
        Add a body, and return where the upload ends then; what came of a body that breaks off stays.

        `is_good`: tells of a body that has come whether it is what it should be; until then nothing of it counts.

        Raises:
            QuotaExceeded: the account may not store so much more.
            UploadMisplaced: somebody else has written there.
            UploadMalformed: it is longer than announced.
            UploadDamaged: it is not what it should be.
        """
        place = replace(self._place(growing.upload), at=growing.offset)
        await self._uploads.check_quota(growing.upload, place.size_bytes - place.at)
        if is_good is None:
            return await self._append_as_it_comes(place, body)
        received = await self._uploads.inbox.take(body, at=place.at, most=place.size_bytes - place.at)
        keys = [part.key for part in received.parts]
        if not is_good():
            await self._uploads.inbox.drop(keys)
            raise UploadDamaged("the checksum of the body is another one")
        if received.parts:
            await self._keep(place, received.parts)
        return place.at + received.size_bytes

    async def _append_as_it_comes(self, place: BlockPlace, body: Body) -> int:
        sums, end = Sums(of_body=False), place.at
        arriving = self._uploads.inbox.parts(body, at=place.at, most=place.size_bytes - place.at, sums=sums)
        keeping = _Keeping(partial(self._keep, place))
        try:
            async with aclosing(arriving):
                async for part in arriving:
                    await keeping.add(part)
                    end = part.end
        finally:
            await self._uploads.inbox.drop([part.key for part in await keeping.end()])
        keeping.check()
        return end

    async def _keep(self, place: BlockPlace, parts: Sequence[Part]) -> None:
        """Let parts count, all or none."""

        def keep(connection: sa.Connection) -> None:
            upload = locked(connection, place.upload_id)
            if upload.is_complete:
                raise UploadMisplaced("the file is complete")
            is_start = parts[0].at == 0 and parts[-1].end != upload.size_bytes
            self._uploads.completing.note_arrival(connection, upload, is_start=is_start)
            rows.append(connection, place, parts)

        try:
            await self._uploads.database.change(keep)
        except UploadError:  # after anything else nobody knows whether they count: what does not is swept
            await self._uploads.inbox.drop([part.key for part in parts])
            raise

    async def complete(self, growing: Growing) -> None:
        """
        Make a file of an upload that has come to its end; again changes nothing.

        Raises:
            UploadDamaged: it is not the file that was announced; nothing of it has arrived then.
        """
        ticket = Ticket(upload=growing.upload, overwrite=False, max_bytes=self._uploads.terms.max_bytes)
        try:
            await self._uploads.completing.complete(ticket, series=self._series, size_bytes=growing.size_bytes)
        except UploadDamaged:
            await self._restart(growing.upload)
            raise

    async def _restart(self, upload: Upload) -> None:
        def restart(connection: sa.Connection) -> list[str]:
            if locked(connection, upload.upload_id).is_complete:
                return []
            keys = rows.forget_parts(connection, upload.upload_id)
            return keys + rows.open_block(connection, self._place(upload))

        await self._uploads.inbox.drop(await self._uploads.database.change(restart))

    def _place(self, upload: Upload) -> BlockPlace:
        return self._uploads.first_place(upload, series=self._series, number=0, size_bytes=upload.size_bytes or 0)


class _Keeping:
    """Lets parts count in the order in which they come; meanwhile more come, and those that wait count together."""

    def __init__(self, keep: Callable[[Sequence[Part]], Awaitable[None]]) -> None:
        self._keep = keep
        self._waiting: list[Part] = []
        self._work: asyncio.Task[None] | None = None

    async def add(self, part: Part) -> None:
        """
        Take the next part.

        Raises what `keep` has raised; such parts do not count, and nothing behind them does.
        """
        self._waiting.append(part)
        self.check()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._keep_all())
        if len(self._waiting) >= MOST_WAITING:
            await asyncio.wait([self._work])

    async def _keep_all(self) -> None:
        while self._waiting:
            parts, self._waiting = self._waiting, []
            await self._keep(parts)

    async def end(self) -> Sequence[Part]:
        """Wait until all count; return those that never will, because `keep` failed for one before them."""
        if self._work is not None:
            await asyncio.wait([self._work])
        return self._waiting

    def check(self) -> None:
        """Raise what `keep` has raised."""
        if self._work is not None and self._work.done():
            self._work.result()
