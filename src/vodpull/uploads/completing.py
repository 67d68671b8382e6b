"""The moment at which a file is whole: what has arrived is looked at, and something is made of it, once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import groupby

import sqlalchemy as sa
import structlog

from vodpull import storage
from vodpull.clock import now_ms
from vodpull.errors import (
    UploadComplete,
    UploadDamaged,
    UploadIncomplete,
    UploadMalformed,
    UploadTokenInvalid,
    UploadTooLarge,
)
from vodpull.uploads.blocks import arrived_parts as rows
from vodpull.uploads.blocks.arrived_parts import Block, Part
from vodpull.uploads.blocks.block_ctx import BlockPlace
from vodpull.uploads.blocks.part_objects import Inbox
from vodpull.uploads.blocks.vendor_hash import SPAN_BYTES, file_hash
from vodpull.uploads.encode_ahead_pause import QUIET_MS
from vodpull.uploads.key_reservations import claim_key, lock_upload, touch
from vodpull.uploads.upload_and_ticket import Completion, Ticket, Upload, UploadKind, Whole
from vodpull.uploads.write_turns import Database

READS_AT_ONCE = 8
"""Of files and spans that are read back for their digests: each takes some megabytes."""

log = structlog.get_logger(__name__)


def locked(connection: sa.Connection, upload_id: str) -> Upload:
    """
    Return an upload that nobody else changes until the transaction ends.

    Raises:
        UploadTokenInvalid: it is gone.
    """
    upload = lock_upload(connection, upload_id)
    if upload is None:
        raise UploadTokenInvalid("Token Invalid")
    return upload


class Completing:
    """Makes files of what has arrived."""

    def __init__(
        self,
        database: Database,
        objects: storage.ObjectStore,
        inbox: Inbox,
        *,
        completions: Mapping[UploadKind, Completion],
    ) -> None:
        self._database = database
        self._objects = objects
        self._inbox = inbox
        self._completions = completions
        self._reading = asyncio.Semaphore(READS_AT_ONCE)

    def note_arrival(self, connection: sa.Connection, upload: Upload, *, is_start: bool) -> None:
        """Take note of bytes that have just come, of a file whose row is locked."""
        begin = self._completions[upload.kind].begin
        if begin and not upload.is_complete and (is_start or now_ms() - upload.touched_at_ms > QUIET_MS):
            begin(connection, upload)
        touch(connection, upload.upload_id)

    async def complete(
        self, ticket: Ticket, *, series: str, size_bytes: int, places: Sequence[BlockPlace] | None = None, md5: str = ""
    ) -> str:
        """
        Make a file of the blocks of a series, once, and return its hash; again it is the same answer.

        `places`: where the client says that the blocks end; `md5`: of the file, where somebody has computed it.

        Raises:
            UploadIncomplete: the blocks do not make up a file of this size.
            UploadMalformed: a block that is not the last one has another size than it may.
            UploadDamaged: the file has another digest than was announced.
            UploadComplete: another file is complete, and may not be replaced.
        """
        upload = ticket.upload
        if upload.completed_by == series and upload.is_complete:
            return upload.hash
        if ticket.is_closed_to(series):
            raise UploadComplete("file exists")
        blocks = await asyncio.to_thread(self._database.read, lambda on: rows.read_blocks(on, upload.upload_id, series))
        if places is not None:
            _check_places(places, blocks)
        parts = rows.ordered(blocks, size_bytes=size_bytes)
        _check_sizes(blocks, ticket)
        found = file_hash([await self.sha1(span) for block in blocks for span in spans(block.parts)])
        await self._check_digests(upload, parts, md5=md5)
        completion = self._completions[upload.kind]
        if completion.is_stored:
            if not upload.is_complete:
                await self._database.in_turn(lambda: self._claim(ticket, series))
            async with aclosing(self._inbox.read(parts)) as data:
                await self._objects.put_stream(upload.key, data, size_bytes=size_bytes)
        whole = Whole(size_bytes=size_bytes, hash=found, replaces=upload.is_complete)
        keys = [part.key for part in parts]
        known, dropped = await self._database.in_turn(lambda: self._commit(ticket, series, whole, keys=keys))
        await self._inbox.drop(dropped)
        return known

    def _claim(self, ticket: Ticket, series: str) -> None:
        with self._database.engine.begin() as connection:
            claim_key(connection, locked(connection, ticket.upload.upload_id), series, overwrite=ticket.overwrite)

    def _commit(self, ticket: Ticket, series: str, whole: Whole, *, keys: Sequence[str]) -> tuple[str, list[str]]:
        completion = self._completions[ticket.upload.kind]
        with self._database.engine.begin() as connection:
            upload = locked(connection, ticket.upload.upload_id)
            if upload.is_complete and upload.completed_by == series and upload.hash == whole.hash:
                return upload.hash, []
            if replace(ticket, upload=upload).is_closed_to(series):
                raise UploadComplete("file exists")
            blocks = rows.read_blocks(connection, upload.upload_id, series)
            if [part.key for block in blocks for part in block.parts] != list(keys):
                raise UploadIncomplete("blocks do not make up the file")
            touch(
                connection,
                upload.upload_id,
                completed_at_ms=now_ms(),
                completed_by=series,
                hash=whole.hash,
                size_bytes=whole.size_bytes,
            )
            completion.finish(connection, upload, whole)
            kept = None if completion.is_stored else series
            dropped = rows.forget_parts(connection, upload.upload_id, but_series=kept)
        log.info("upload complete", upload=upload.upload_id, kind=upload.kind.value, size_bytes=whole.size_bytes)
        return whole.hash, dropped

    async def _check_digests(self, upload: Upload, parts: Sequence[Part], *, md5: str) -> None:
        """Compare a file with what was announced of it; it is read once where nobody has read it for that."""
        if not upload.md5 and not upload.sha256:
            return
        sums = {"md5": hashlib.md5(usedforsecurity=False), "sha256": hashlib.sha256()}
        found = {"md5": md5}
        if upload.sha256 or not md5:
            async with self._reading, aclosing(self._inbox.read(parts)) as blocks:
                async for data in blocks:
                    for digest in sums.values():
                        await asyncio.to_thread(digest.update, data)
            found = {name: digest.hexdigest() for name, digest in sums.items()}
        for name, wanted in (("md5", upload.md5), ("sha256", upload.sha256)):
            if wanted and found.get(name) != wanted.lower():
                raise UploadDamaged(f"the {name} of the file is another one than was announced")

    async def sha1(self, span: Sequence[Part]) -> bytes:
        """Return the digest of a span, read back where it came in several bodies."""
        if span[-1].sha1:
            return bytes.fromhex(span[-1].sha1)
        sha1 = hashlib.sha1(usedforsecurity=False)
        async with self._reading, aclosing(self._inbox.read(span)) as blocks:
            async for data in blocks:
                await asyncio.to_thread(sha1.update, data)
        await self._database.change(lambda on: rows.note_sha1(on, span[-1].key, sha1.hexdigest()))
        return sha1.digest()


def _check_places(places: Sequence[BlockPlace], blocks: Sequence[Block]) -> None:
    """Compare where a client says that the blocks end with where they do."""
    said = [(place.number, place.size_bytes, place.at, place.nonce) for place in places]
    if said != [(block.number, block.size_bytes, block.size_bytes, block.nonce) for block in blocks]:
        raise UploadIncomplete("blocks do not make up the file")


def _check_sizes(blocks: Sequence[Block], ticket: Ticket) -> None:
    if any(block.size_bytes % SPAN_BYTES for block in blocks[:-1]):
        raise UploadMalformed(f"block size is not a multiple of {SPAN_BYTES}")
    if sum(block.size_bytes for block in blocks) > ticket.max_bytes:
        raise UploadTooLarge("file is larger than fsizeLimit")


def spans(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Give the parts of each span of a block."""
    for _, some in groupby(parts, key=lambda part: part.at // SPAN_BYTES):
        yield list(some)
