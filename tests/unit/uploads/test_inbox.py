"""How bodies are cut into parts, and that memory which is short makes them smaller, not wrong."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import pytest

from vodpull.errors import UploadMalformed
from vodpull.storage import UPLOADS, open_store
from vodpull.uploads import inbox
from vodpull.uploads.inbox import Inbox
from vodpull.uploads.vendor_hash import SPAN_BYTES

DATA = bytes(range(256)) * 40_000
AT = 1000


async def body(data: bytes, *, piece: int = 1 << 16, breaks: bool = False) -> AsyncIterator[bytes]:
    for start in range(0, len(data), piece):
        yield data[start : start + piece]
    if breaks:
        raise ConnectionResetError


@pytest.mark.parametrize("held_bytes", [inbox.HELD_BYTES, 0])
async def test_parts_make_up_the_body_and_end_with_each_span(held_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "HELD_BYTES", held_bytes)
    mine = Inbox(open_store("memory:///"))
    taken = await mine.take(body(DATA), at=AT, most=len(DATA))
    assert b"".join([data async for data in mine.read(taken.parts)]) == DATA
    assert (taken.size_bytes, taken.md5) == (len(DATA), hashlib.md5(DATA, usedforsecurity=False).hexdigest())
    assert [part.at for part in taken.parts] == [AT, *(part.end for part in taken.parts[:-1])]
    assert all(part.at // SPAN_BYTES == (part.end - 1) // SPAN_BYTES for part in taken.parts)
    assert len(taken.parts) == 3 or not held_bytes
    assert held_bytes or len(taken.parts) >= len(DATA) // (2 * inbox.SMALL_BYTES)
    assert mine._held.size_bytes == 0


@pytest.mark.parametrize(("most", "error"), [(len(DATA), ConnectionResetError), (len(DATA) - 1, UploadMalformed)])
async def test_of_a_body_that_fails_nothing_stays(most: int, error: type[Exception]) -> None:
    objects = open_store("memory:///")
    mine = Inbox(objects)
    with pytest.raises(error):
        await mine.take(body(DATA, breaks=True), at=0, most=most)
    assert (mine._held.size_bytes, await objects.list_keys(UPLOADS)) == (0, [])
