"""
Bytes that arrive, put into the object store as they come: each request takes a few spans of memory at most.

The rows of what has arrived: `arrived_parts.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import zlib
from collections import deque
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import islice

import structlog

from vodpull import storage
from vodpull.clock import now_s, utc_day
from vodpull.errors import StorageError
from vodpull.uploads.blocks.arrived_parts import Part
from vodpull.uploads.blocks.shared_body_memory import Body, Memory, Piece, pieces
from vodpull.uploads.blocks.vendor_hash import SPAN_BYTES

READ_AHEAD = 3

PUTS_AT_ONCE = 3
"""Of one body: a disk takes its time to make each durable. With the one that arrives these are 16 MiB."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Received:
    """One body, stored."""

    size_bytes: int
    md5: str
    crc32: int
    parts: tuple[Part, ...]
    """Without the MD5 of the body until it is whole."""


class Sums:
    """The digests of one body, computed in threads as it comes."""

    def __init__(self, *, of_body: bool = True, has_crc32: bool = True) -> None:
        """Without `of_body` only those of its parts."""
        self.of_body = of_body
        """May be set to False on the way, when nobody will ask."""
        self._has_crc32 = has_crc32
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32 = 0
        self._turn = asyncio.Lock()
        self.size_bytes = 0

    async def count(self, data: Piece) -> str:
        """Count bytes after those that were given before, and return their own SHA-1."""
        async with self._turn:
            return await asyncio.to_thread(self._add, data)

    def _add(self, data: Piece) -> str:
        if self.of_body:
            self._md5.update(data)
        if self.of_body and self._has_crc32:
            self._crc32 = zlib.crc32(data, self._crc32)
        self.size_bytes += len(data)
        return hashlib.sha1(data, usedforsecurity=False).hexdigest()

    @property
    def md5(self) -> str:
        """Of all bytes so far; empty: it was not computed."""
        return self._md5.hexdigest() if self.of_body else ""

    @property
    def crc32(self) -> int:
        """Of all bytes so far."""
        return self._crc32


class Inbox:
    """Takes bodies in for one process."""

    def __init__(self, objects: storage.ObjectStore) -> None:
        self._objects = objects
        self.memory = Memory()

    async def take(self, body: Body, *, at: int, most: int) -> Received:
        """
        Store a whole body that belongs at a place of its block; of one that breaks off nothing stays.

        Raises:
            UploadMalformed: it is longer than `most`.
            StorageError: the store does not take it.
        """
        sums, parts = Sums(), list[Part]()
        try:
            async for part in self.parts(body, at=at, most=most, sums=sums):
                parts.append(part)
        except BaseException:
            await asyncio.shield(self.drop([part.key for part in parts]))
            raise
        whole = tuple(replace(part, body_md5=sums.md5) for part in parts)
        return Received(size_bytes=sums.size_bytes, md5=sums.md5, crc32=sums.crc32, parts=whole)

    async def parts(self, body: Body, *, at: int, most: int, sums: Sums) -> AsyncGenerator[Part]:
        """
        Store a body piece by piece, and give each part once it is durable; the next one arrives meanwhile.

        Raises:
            UploadMalformed: it is longer than `most`.
            StorageError: the store does not take it.
        """
        start, under_way = at, deque[asyncio.Future[Part]]()
        try:
            async with aclosing(pieces(body, at=at, most=most, memory=self.memory)) as cut:
                async for data in cut:
                    part = Part(at=at, size_bytes=len(data), key=_new_key(), body_at=start, body_md5="", sha1="")
                    under_way.append(self._begin(part, data, sums))
                    at = part.end
                    del data  # whoever puts it has it
                    while len(under_way) > (0 if self.memory.is_short else PUTS_AT_ONCE):
                        yield await under_way.popleft()
            while under_way:
                yield await under_way.popleft()
        finally:
            await self._give_up(under_way)

    def _begin(self, part: Part, data: Piece, sums: Sums) -> asyncio.Future[Part]:
        """Put a part; what it holds of memory is given back however that ends."""

        def release(_: object) -> None:
            self.memory.give_back(data)

        put = asyncio.ensure_future(self._put(part, data, sums))
        put.add_done_callback(release)
        return put

    async def _put(self, part: Part, data: Piece, sums: Sums) -> Part:
        sha1, _ = await asyncio.gather(sums.count(data), self._objects.put_bytes(part.key, data))
        return replace(part, sha1=sha1) if part.at % SPAN_BYTES == 0 else part

    async def _give_up(self, under_way: Collection[asyncio.Future[Part]]) -> None:
        """Let parts that nobody waits for end, and remove them."""
        for each in under_way:
            each.cancel()
        ended = await asyncio.gather(*under_way, return_exceptions=True)
        await asyncio.shield(self.drop([part.key for part in ended if isinstance(part, Part)]))

    async def drop(self, keys: Sequence[str]) -> None:
        """Remove objects that nobody needs; what stays is swept."""
        if not keys:
            return
        try:
            await self._objects.delete_all(keys)
        except StorageError as error:
            log.warning("parts of an upload stay until they are swept", code=error.code)

    async def read(self, parts: Sequence[Part]) -> AsyncGenerator[bytes]:
        """Yield the bytes of parts, in their order; the next ones are on their way meanwhile."""
        coming: deque[asyncio.Future[bytes]] = deque()
        left = iter(parts)
        try:
            while True:
                for part in islice(left, READ_AHEAD - len(coming)):
                    coming.append(asyncio.ensure_future(self._objects.get_bytes(part.key)))
                if not coming:
                    return
                yield await coming.popleft()
        finally:
            for waiting in coming:
                waiting.cancel()


def _new_key() -> str:
    return storage.upload_key(utc_day(now_s()), secrets.token_hex(16))
