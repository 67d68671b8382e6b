"""How bodies are cut into parts, and that memory which is short makes them smaller, not wrong."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable

import pytest

from vodpull.errors import UploadMalformed
from vodpull.storage import UPLOADS, open_store
from vodpull.uploads.blocks import shared_body_memory as body_memory
from vodpull.uploads.blocks.part_objects import Inbox
from vodpull.uploads.blocks.vendor_hash import SPAN_BYTES

DATA = bytes(range(256)) * 40_000
AT = 1000


async def body(data: bytes, *, piece: int = 1 << 16, breaks: bool = False) -> AsyncIterator[bytes]:
    for start in range(0, len(data), piece):
        yield data[start : start + piece]
    if breaks:
        raise ConnectionResetError


def announced(data: bytes, *, breaks: bool = False) -> body_memory.Announced:
    """A body that comes into memory; of one that breaks off less comes than was announced."""
    left = memoryview(data)

    async def fill(memory: memoryview) -> int:
        nonlocal left
        some, left = left[: len(memory)], left[len(memory) :]
        memory[: len(some)] = some
        return len(some)

    def on_cut() -> None:
        raise ConnectionResetError

    stream = body(data, breaks=breaks)
    return body_memory.Announced(size_bytes=len(data) + breaks, fill=fill, on_cut=on_cut, stream=stream)


COMING = (body, announced)


@pytest.mark.parametrize("held_bytes", [body_memory.HELD_BYTES, 0])
@pytest.mark.parametrize("coming", COMING, ids=["read", "filled"])
async def test_parts_make_up_the_body_and_end_with_each_span(
    held_bytes: int, coming: Callable[[bytes], body_memory.Body], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_memory, "HELD_BYTES", held_bytes)
    mine = Inbox(open_store("memory:///"))
    taken = await mine.take(coming(DATA), at=AT, most=len(DATA))
    assert b"".join([data async for data in mine.read(taken.parts)]) == DATA
    assert (taken.size_bytes, taken.md5) == (len(DATA), hashlib.md5(DATA, usedforsecurity=False).hexdigest())
    assert [part.at for part in taken.parts] == [AT, *(part.end for part in taken.parts[:-1])]
    assert all(part.at // SPAN_BYTES == (part.end - 1) // SPAN_BYTES for part in taken.parts)
    assert len(taken.parts) == 3 or not held_bytes
    assert held_bytes or len(taken.parts) >= len(DATA) // (2 * body_memory.SMALL_BYTES)
    assert mine.memory.size_bytes == 0


@pytest.mark.parametrize(("most", "error"), [(len(DATA) + 1, ConnectionResetError), (len(DATA) - 1, UploadMalformed)])
@pytest.mark.parametrize("coming", COMING, ids=["read", "filled"])
async def test_of_a_body_that_fails_nothing_stays(
    most: int, error: type[Exception], coming: Callable[..., body_memory.Body]
) -> None:
    objects = open_store("memory:///")
    mine = Inbox(objects)
    with pytest.raises(error):
        await mine.take(coming(DATA, breaks=True), at=0, most=most)
    assert (mine.memory.size_bytes, await objects.list_keys(UPLOADS)) == (0, [])


async def test_memory_that_many_hold_comes_in_small_pieces_and_back() -> None:
    memory = body_memory.Memory()
    held = [memory.take(SPAN_BYTES) for _ in range(10)]
    assert [len(room) for room in held] == [SPAN_BYTES] * 8 + [body_memory.SMALL_BYTES] * 2
    for room in held:
        memory.give_back(room)
    assert memory.size_bytes == 0
    again = memory.take(SPAN_BYTES)
    assert any(again.obj is room.obj for room in held)
