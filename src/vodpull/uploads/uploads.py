"""
Uploads of one process: what is let in, where each byte goes, and the moment at which a file is whole.

It knows no HTTP; the block protocol, forms and tus are ways to say the same things. Whatever fails, whoever sends it
again is where they were: bytes count once their row is committed, a file counts once in the transaction that makes
something of it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from vodpull import storage
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import (
    UploadComplete,
    UploadError,
    UploadMalformed,
    UploadTokenInvalid,
    UploadTooLarge,
)
from vodpull.uploads.blocks import arrived_parts as rows
from vodpull.uploads.blocks.arrived_parts import Part
from vodpull.uploads.blocks.block_ctx import BlockPlace
from vodpull.uploads.blocks.part_objects import Inbox, Received, Sums
from vodpull.uploads.blocks.shared_body_memory import Body
from vodpull.uploads.blocks.vendor_hash import SPAN_BYTES, file_hash
from vodpull.uploads.completing import Completing, locked, spans
from vodpull.uploads.key_reservations import find_by_key, find_upload, reserve
from vodpull.uploads.limits import MAX_BLOCK_BYTES, MAX_BLOCKS, UploadTerms
from vodpull.uploads.room_promises import RoomPromises
from vodpull.uploads.upload_and_ticket import Completion, Ticket, Upload, UploadKind, Wanted
from vodpull.uploads.upload_token import Policy, read_token, sign_token
from vodpull.uploads.write_turns import Database

_NO_NONCE = "0" * 16
"""Of blocks that are to begin, and of those of a complete file: what is sent to them again goes nowhere."""


class Uploads:
    """Takes files in."""

    def __init__(
        self,
        engine: sa.Engine,
        objects: storage.ObjectStore,
        *,
        terms: UploadTerms,
        completions: Mapping[UploadKind, Completion],
    ) -> None:
        self.database = Database.of(engine)
        self.terms = terms
        self.inbox = Inbox(objects)
        self.completing = Completing(self.database, objects, self.inbox, completions=completions)
        self.room = RoomPromises(terms.room_bytes)

    def reserve(self, connection: sa.Connection, wanted: Wanted) -> Upload:
        """
        Reserve a place for a file, as `key_reservations.reserve` does, for as long as a token holds.

        Raises:
            TooManyUploads: see there.
            UploadTooLarge: it is announced as larger than anything that is taken.
        """
        if (wanted.size_bytes or 0) > self.terms.max_bytes:
            raise UploadTooLarge(f"the file is larger than {self.terms.max_bytes} bytes", field="originFileSize")
        deadline_ms = now_ms() + self.terms.token_ms
        return reserve(connection, wanted, deadline_ms=deadline_ms, most_open=self.terms.most_open)

    def token(self, upload: Upload, *, overwrite: bool = False, max_bytes: int = 0) -> str:
        """Return what lets the file in."""
        policy = Policy(key=upload.key, deadline_ms=upload.deadline_ms, overwrite=overwrite, max_bytes=max_bytes)
        return sign_token(policy, key=self.terms.key)

    async def admit(self, token: str) -> Ticket:
        """
        Return what a token lets in.

        Raises:
            UploadTokenInvalid, UploadBucketUnknown: nothing.
        """
        policy = read_token(token, key=self.terms.key, now_ms=now_ms())
        upload = await asyncio.to_thread(self.database.read, lambda connection: find_by_key(connection, policy.key))
        if upload is None:
            raise UploadTokenInvalid("Token Invalid")
        limit = min(policy.max_bytes or self.terms.max_bytes, self.terms.max_bytes)
        return Ticket(upload=upload, overwrite=policy.overwrite, max_bytes=limit)

    async def find(self, upload_id: str) -> Upload | None:
        """Return a reservation by its id."""
        return await asyncio.to_thread(self.database.read, lambda connection: find_upload(connection, upload_id))

    async def check_quota(self, upload: Upload, more_bytes: int) -> None:
        """
        Make sure that the account of an upload may store more, before it comes; nothing is asked of a complete one.

        Raises:
            QuotaExceeded: it may not.
        """
        check = self.terms.check_quota
        if check and not upload.is_complete:
            await asyncio.to_thread(self.database.read, lambda on: check(on, upload.account_id, more_bytes))

    @staticmethod
    def first_place(upload: Upload, *, series: str, number: int, size_bytes: int) -> BlockPlace:
        """Return where the first byte of a block belongs."""
        return BlockPlace(
            upload_id=upload.upload_id, series=series, nonce=_NO_NONCE, number=number, size_bytes=size_bytes, at=0
        )

    async def take_body(
        self, ticket: Ticket, place: BlockPlace, body: Body, *, is_first: bool
    ) -> tuple[BlockPlace, Received]:
        """
        Store a body of a block: its first one, or the one that belongs at a place.

        Raises:
            UploadMalformed, UploadMisplaced, UploadTooLarge, UploadComplete: it cannot be one.
            QuotaExceeded: the account may not store so much more.
            StorageError: the store does not take it now.
        """
        await asyncio.to_thread(self._check_block, ticket, place)
        received = await self.inbox.take(body, at=place.at, most=place.size_bytes - place.at)
        if not received.parts:
            raise UploadMalformed("chunk is empty")
        try:
            keep = partial(self._keep, place, received.parts, is_first=is_first)
            end, dropped = await self.database.in_turn(keep)
        except UploadError:
            await self.inbox.drop([part.key for part in received.parts])
            raise  # after anything else nobody knows whether they count: what does not is swept
        await self.inbox.drop(dropped)
        if not received.parts[-1].sha1:
            await self._note_span(end)
        return end, received

    def _check_block(self, ticket: Ticket, place: BlockPlace) -> None:
        if not 1 <= place.size_bytes <= MAX_BLOCK_BYTES or not 0 <= place.number < MAX_BLOCKS:
            raise UploadMalformed(f"a block has 1 to {MAX_BLOCK_BYTES} bytes, a file up to {MAX_BLOCKS} blocks")
        if ticket.is_closed_to(place.series):
            raise UploadComplete("file exists")
        with self.database.engine.connect() as connection:
            if place.size_bytes + rows.other_bytes(connection, place) > ticket.max_bytes:
                raise UploadTooLarge("file is larger than fsizeLimit")
            if self.terms.check_quota and not ticket.upload.is_complete:
                left = place.size_bytes - rows.end_of(connection, place)
                self.terms.check_quota(connection, ticket.upload.account_id, left)

    def _keep(self, place: BlockPlace, parts: Sequence[Part], *, is_first: bool) -> tuple[BlockPlace, list[str]]:
        with self.database.engine.begin() as connection:
            upload = locked(connection, place.upload_id)
            # Sent again although all has come: its parts must stay.
            if upload.is_complete and upload.completed_by == place.series:
                at = place.at + sum(part.size_bytes for part in parts)
                return replace(place, at=at, nonce=_NO_NONCE), [part.key for part in parts]
            is_start = is_first and not place.number and sum(part.size_bytes for part in parts) != upload.size_bytes
            self.completing.note_arrival(connection, upload, is_start=is_start)
            write = rows.begin_block if is_first else rows.go_on
            return write(connection, place, parts)

    async def _note_span(self, end: BlockPlace) -> None:
        """Compute the digest of a span that came in several bodies, once it is whole; else `complete` does it."""
        if end.nonce == _NO_NONCE or (end.at % SPAN_BYTES and end.at != end.size_bytes):
            return
        span = await asyncio.to_thread(self.database.read, lambda connection: rows.read_span(connection, end))
        if span and not span[-1].sha1 and span[-1].end == end.at:
            await self.completing.sha1(span)

    async def take_file(self, ticket: Ticket, parts: Sequence[Part], sums: Sums) -> str:
        """
        Make a file of the parts of one body, which are nobody's yet, and return its hash.

        Raises:
            UploadComplete: another file is complete, and may not be replaced.
            UploadDamaged: it has another digest than was announced.
            UploadMalformed: it is empty.
        """
        upload, series = ticket.upload, f"file-{secrets.token_hex(8)}"
        if not parts:
            raise UploadMalformed("the file is empty")
        if ticket.is_closed_to(series):
            found = file_hash([await self.completing.sha1(span) for span in spans(parts)])
            await self.inbox.drop([part.key for part in parts])
            if found == upload.hash:
                return upload.hash  # the answer was lost on its way
            raise UploadComplete("file exists")
        place = self.first_place(upload, series=series, number=0, size_bytes=sums.size_bytes)
        await self.database.change(lambda on: rows.fill_block(on, place, parts))
        try:
            return await self.completing.complete(ticket, series=series, size_bytes=sums.size_bytes, md5=sums.md5)
        except UploadError:  # nothing was made of it, and nothing else may be
            await self.inbox.drop(await self.database.change(lambda on: rows.forget_block(on, place)))
            raise

    async def abandon(self, upload: Upload) -> None:
        """Forget an unfinished upload and what has arrived of it."""

        def forget(connection: sa.Connection) -> list[str]:
            if locked(connection, upload.upload_id).is_complete:
                raise UploadComplete(
                    "the file is complete", remedy="Delete the video or the material that was made of it."
                )
            keys = rows.forget_parts(connection, upload.upload_id)
            connection.execute(tables.upload.delete().where(tables.upload.c.upload_id == upload.upload_id))
            return keys

        await self.inbox.drop(await self.database.change(forget))
