"""The first bytes of an MP4 file tell whether its index stands at the end."""

from __future__ import annotations

import pytest

from vodpull.fetch.partfile.mp4_index import find_index

FTYP = b"\0\0\0\x18ftyp" + bytes(16)
WIDE = b"\0\0\0\x08wide"
SIZE = 10_000_000


def box(name: bytes, length: int) -> bytes:
    """Return the header of a box and a few bytes of what is in it."""
    return length.to_bytes(4, "big") + name + bytes(16)


LARGE = b"\0\0\0\x01mdat" + (9_000_000).to_bytes(8, "big") + bytes(16)


@pytest.mark.parametrize(
    ("start", "index"),
    [
        (FTYP + box(b"mdat", 9_000_000), 9_000_024),
        (FTYP + WIDE + box(b"mdat", 9_000_000), 9_000_032),
        (FTYP + LARGE, 9_000_024),
        (box(b"mdat", 9_000_000), 9_000_000),
        (FTYP + box(b"moov", 1000), SIZE),
        (FTYP + box(b"moof", 1000), SIZE),
        (FTYP + box(b"mdat", 0), SIZE),
        (FTYP + box(b"mdat", SIZE), SIZE),
        (FTYP + box(b"mdat", SIZE + 1), SIZE),
        (FTYP + box(b"free", 7), SIZE),
        (b"\x1a\x45\xdf\xa3" + bytes(40), SIZE),
        (b"G" + bytes(187), SIZE),
        (FTYP + box(b"free", 5_000_000), None),
        (FTYP, None),
        (b"", None),
    ],
)
def test_where_the_index_begins(start: bytes, index: int | None) -> None:
    assert find_index(lambda at: start[at : at + 16], here=len(start), size_bytes=SIZE) == index


def test_media_that_goes_on_for_long_is_no_index() -> None:
    start, size_bytes = box(b"mdat", 9_000_000), 1 << 30
    assert find_index(lambda at: start[at : at + 16], here=len(start), size_bytes=size_bytes) == size_bytes


def test_a_file_that_ends_before_its_media_tells_nothing() -> None:
    assert find_index(lambda _: FTYP[:16], here=24, size_bytes=24) == 24
