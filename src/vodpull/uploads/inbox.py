"""Bytes that arrive, put into the object store as they come: each request takes a few spans of memory at most."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import zlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import islice

import structlog

from vodpull import storage
from vodpull.clock import now_s, utc_day
from vodpull.errors import StorageError, UploadMalformed
from vodpull.uploads.file_hash import SPAN_BYTES
from vodpull.uploads.parts import Part

READ_AHEAD = 3

PUTS_AT_ONCE = 3
"""Of one body: a disk takes its time to make each durable. With the one that arrives these are 16 MiB."""

HELD_BYTES = 96 * 1024 * 1024
"""Of all bodies of a process; when they hold more, each puts what it has and waits for it before it takes more."""

SMALL_BYTES = 256 * 1024
"""So much a body holds whatever the others hold."""

COUNTED_BYTES = 1024 * 1024
"""So much is counted at once: what has just come is still near the processor, and more comes meanwhile."""

GROWTH = 4
"""So many times as much memory as it has a part is given when it needs more; the first time it is `SMALL_BYTES`."""

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
        self.turn = asyncio.Lock()
        """Whoever adds has it: bytes are counted in their order."""
        self.size_bytes = 0

    def add(self, data: memoryview, part: hashlib._Hash) -> None:
        """Count bytes after those that were given before, also in the digest of their part."""
        if self.of_body:
            self._md5.update(data)
        if self.of_body and self._has_crc32:
            self._crc32 = zlib.crc32(data, self._crc32)
        self.size_bytes += len(data)
        part.update(data)

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
        self._threads = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="digests")
        self._held_bytes = 0
        """Of all bodies."""

    async def take(self, body: AsyncIterator[bytes], *, at: int, most: int) -> Received:
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

    async def parts(self, body: AsyncIterator[bytes], *, at: int, most: int, sums: Sums) -> AsyncGenerator[Part]:
        """
        Store a body piece by piece, and give each part once it is durable; the next one arrives meanwhile.

        Raises:
            UploadMalformed: it is longer than `most`.
            StorageError: the store does not take it.
        """
        start, under_way = at, deque[asyncio.Future[Part]]()
        try:
            async with aclosing(self._pieces(body, at=at, most=most, sums=sums)) as pieces:
                async for piece in pieces:
                    size = piece.size_bytes
                    part = Part(at=at, size_bytes=size, key=_new_key(), body_at=start, body_md5="", sha1="")
                    under_way.append(self._begin(part, piece))
                    at = part.end
                    while len(under_way) > (0 if self._is_short_of_memory else PUTS_AT_ONCE):
                        yield await under_way.popleft()
            while under_way:
                yield await under_way.popleft()
        finally:
            await self._give_up(under_way)

    async def _pieces(self, body: AsyncIterator[bytes], *, at: int, most: int, sums: Sums) -> AsyncGenerator[_Piece]:
        """Cut a body that begins at a place at multiples of a span, and into less where memory is short."""
        piece, total = _Piece(at=at), 0
        try:
            async for data in body:
                total += len(data)
                if total > most:
                    raise UploadMalformed("chunk is longer than its block")
                left = memoryview(data)
                while left:
                    left = self._fill(piece, left)
                    is_enough = self._is_short_of_memory and piece.size_bytes >= SMALL_BYTES
                    if piece.is_full or is_enough or piece.uncounted_bytes >= COUNTED_BYTES:
                        self._count(piece, sums)
                    if piece.is_full or is_enough:
                        done, piece = piece, _Piece(at=piece.end)  # whoever takes it gives its memory back
                        yield done
            if piece.size_bytes:
                self._count(piece, sums)
                done, piece = piece, _Piece(at=piece.end)
                yield done
        finally:
            self._held_bytes -= piece.size_bytes

    def _fill(self, piece: _Piece, data: memoryview) -> memoryview:
        left = piece.fill(data)
        self._held_bytes += len(data) - len(left)
        return left

    def _count(self, piece: _Piece, sums: Sums) -> None:
        """Begin to count what has come of a piece, while more of it comes."""

        async def count(fresh: memoryview) -> None:
            async with sums.turn:
                await asyncio.get_running_loop().run_in_executor(self._threads, sums.add, fresh, piece.sha1)

        piece.counted = asyncio.ensure_future(count(piece.take_uncounted()))

    @property
    def _is_short_of_memory(self) -> bool:
        return self._held_bytes > HELD_BYTES

    def _begin(self, part: Part, piece: _Piece) -> asyncio.Future[Part]:
        """Put a part; what it holds of memory is given back however that ends."""

        def release(_: object) -> None:
            self._held_bytes -= part.size_bytes

        put = asyncio.ensure_future(self._put(part, piece))
        put.add_done_callback(release)
        return put

    async def _put(self, part: Part, piece: _Piece) -> Part:
        await asyncio.gather(piece.counted, self._objects.put_bytes(part.key, piece.data))
        return replace(part, sha1=piece.sha1.hexdigest()) if part.at % SPAN_BYTES == 0 else part

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


class _Piece:
    """Memory for one part, and what of it has come."""

    def __init__(self, *, at: int) -> None:
        self._at = at
        self._most = SPAN_BYTES - at % SPAN_BYTES
        self._buffer = bytearray()
        self._counted_bytes = 0
        self.size_bytes = 0
        self.sha1 = hashlib.sha1(usedforsecurity=False)
        self.counted: asyncio.Future[None]
        """Done once all that was counted last is in the digests."""

    @property
    def end(self) -> int:
        """Where in the block the next piece begins."""
        return self._at + self.size_bytes

    @property
    def is_full(self) -> bool:
        return self.size_bytes == self._most

    @property
    def uncounted_bytes(self) -> int:
        return self.size_bytes - self._counted_bytes

    @property
    def data(self) -> memoryview:
        return memoryview(self._buffer)[: self.size_bytes]

    def fill(self, data: memoryview) -> memoryview:
        """Copy what has room, and return the rest."""
        some = data[: self._most - self.size_bytes]
        end = self.size_bytes + len(some)
        if end > len(self._buffer):
            self._grow(end)
        self._buffer[self.size_bytes : end] = some
        self.size_bytes = end
        return data[len(some) :]

    def _grow(self, least: int) -> None:
        """Take more memory; what is being counted meanwhile stays where it is."""
        before = self.data
        self._buffer = bytearray(min(self._most, max(least, SMALL_BYTES, GROWTH * len(before))))
        self._buffer[: len(before)] = before

    def take_uncounted(self) -> memoryview:
        fresh, self._counted_bytes = self.data[self._counted_bytes :], self.size_bytes
        return fresh


def _new_key() -> str:
    return storage.upload_key(utc_day(now_s()), secrets.token_hex(16))
