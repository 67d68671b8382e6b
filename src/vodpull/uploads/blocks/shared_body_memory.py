"""Memory that all upload bodies of a process share: how much they may hold, and bodies cut into pieces of a span."""

from __future__ import annotations

import mmap
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from vodpull.errors import UploadMalformed
from vodpull.uploads.blocks.vendor_hash import SPAN_BYTES

HELD_BYTES = 64 * 1024 * 1024
"""Of all bodies of a process; when they hold more, each puts what it has and waits for it before it takes more."""

SMALL_BYTES = 256 * 1024
"""So much a body holds whatever the others hold."""

TOO_LONG = "more bytes came than were announced"

SPARES = 4
"""Spans of memory that are kept for the next body: fresh memory costs as much as the bytes that come into it."""


Fill = Callable[[memoryview], Awaitable[int]]
"""Puts what comes next into memory until that is full; less: no more comes."""


@dataclass(frozen=True, kw_only=True)
class Announced:
    """A body of announced length, which comes straight into memory where it can."""

    size_bytes: int
    fill: Fill | None
    """None: it cannot."""
    on_cut: Callable[[], None]
    """Is told when less came into memory than was announced; what it raises breaks the body off."""
    stream: AsyncIterator[bytes]
    """The same as it comes, also for when others hold much: a body holds no memory then before its bytes are there."""


Body = AsyncIterator[bytes] | Announced

Piece = bytearray | memoryview
"""A view is one of shared memory."""


class Memory:
    """What all bodies of a process hold."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._spare: list[mmap.mmap] = []

    @property
    def is_short(self) -> bool:
        """Return True when bodies hold too much together."""
        return self.size_bytes > HELD_BYTES

    @property
    def has_room(self) -> bool:
        """Return True when a body may hold a span before its bytes are there: it may be slow."""
        return self.size_bytes + SPAN_BYTES <= HELD_BYTES // 2

    def take(self, size_bytes: int) -> memoryview:
        """Return room for so many bytes, or for fewer where others hold much."""
        if size_bytes > SMALL_BYTES and self.has_room:
            found = self._spare.pop() if self._spare else _pages(SPAN_BYTES)
        else:
            found = _pages(min(size_bytes, SMALL_BYTES))
        self.size_bytes += len(found)
        return memoryview(found)[:size_bytes]

    def give_back(self, piece: Piece) -> None:
        """Count a piece no more: nobody needs what is in it."""
        if isinstance(piece, bytearray):
            self.size_bytes -= len(piece)
            return
        whole = piece.obj
        assert isinstance(whole, mmap.mmap)  # noqa: S101 - `take` has made it
        self.size_bytes -= len(whole)
        if len(whole) == SPAN_BYTES and len(self._spare) < SPARES:
            self._spare.append(whole)


def _pages(size_bytes: int) -> mmap.mmap:
    """Return memory of which only what was written to counts, and all goes back to the system with its last view."""
    return mmap.mmap(-1, size_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def pieces(body: Body, *, at: int, most: int, memory: Memory) -> AsyncGenerator[Piece]:
    """
    Cut a body that begins at a place at multiples of a span, and into less where memory is short.

    Whoever takes a piece gives its memory back. Raises `UploadMalformed` on the way when it is longer than `most`.
    """
    if isinstance(body, Announced):
        if body.fill and memory.has_room:
            return _filled(body, body.fill, at=at, most=most, memory=memory)
        body = body.stream
    return _collected(body, at=at, most=most, memory=memory)


async def _filled(body: Announced, fill: Fill, *, at: int, most: int, memory: Memory) -> AsyncGenerator[Piece]:
    if body.size_bytes > most:
        raise UploadMalformed(TOO_LONG)
    left = body.size_bytes
    while left:
        room = memory.take(min(SPAN_BYTES - at % SPAN_BYTES, left))
        size_bytes = 0
        try:
            size_bytes = await fill(room)
        finally:
            if not size_bytes:
                memory.give_back(room)
        if size_bytes:
            yield room[:size_bytes]
        is_cut = size_bytes < len(room)
        del room  # else it would stay until there is the next one
        at, left = at + size_bytes, left - size_bytes
        if is_cut:
            body.on_cut()
            return


async def _collected(body: AsyncIterator[bytes], *, at: int, most: int, memory: Memory) -> AsyncGenerator[Piece]:
    piece, total = bytearray(), 0
    try:
        async for data in body:
            total += len(data)
            if total > most:
                raise UploadMalformed(TOO_LONG)
            left = memoryview(data)
            while left:
                room = SPAN_BYTES - at % SPAN_BYTES - len(piece)
                some, left = left[:room], left[room:]
                piece += some  # the one copy of what comes
                memory.size_bytes += len(some)
                if len(some) == room or (memory.is_short and len(piece) >= SMALL_BYTES):
                    done, piece, at = piece, bytearray(), at + len(piece)  # whoever takes it gives its memory back
                    yield done
        if piece:
            done, piece = piece, bytearray()
            yield done
    finally:
        memory.size_bytes -= len(piece)
