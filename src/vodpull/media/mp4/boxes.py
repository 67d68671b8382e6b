"""The boxes of MP4 files (ISO/IEC 14496-12): finding, reading and making them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

HEADER_BYTES = 8
LARGE_HEADER_BYTES = 16
# A segment has three boxes; thousands are no segment.
MAX_BOXES = 64
# The index of thirty hours at 60 frames a second.
MAX_INDEX_BYTES = 256 << 20


def box_names(path: Path) -> tuple[str, ...] | None:
    """Return the names of the top-level boxes, or None when they do not fill the file exactly."""
    spans = box_spans(path)
    return None if spans is None else tuple(name for name, _, _ in spans)


def box_spans(path: Path) -> tuple[tuple[str, int, int], ...] | None:
    """Return name, place and length of each top-level box, or None when they do not fill the file exactly."""
    size = path.stat().st_size
    with path.open("rb") as file:
        spans = tuple(islice(walk_boxes(file, size), MAX_BOXES))
    return spans if sum(length for _, _, length in spans) == size else None


def walk_boxes(file: BinaryIO, size: int) -> Iterator[tuple[str, int, int]]:
    """Yield name, place and length of the top-level boxes up to what is none; the last one may be cut."""
    at = 0
    while at < size:
        file.seek(at)
        header = file.read(LARGE_HEADER_BYTES)
        length = _box_bytes(header)
        if length is None:
            return
        yield header[4:8].decode("latin-1"), at, length
        at += length


def _box_bytes(header: bytes) -> int | None:
    """Return the length that a box header announces, or None when it is none."""
    if len(header) < HEADER_BYTES:
        return None
    length = int.from_bytes(header[:4], "big")
    # 1: the real length follows in 64 bits. 0 would mean `to the end of the file`, which nobody writes here.
    if length == 1 and len(header) == LARGE_HEADER_BYTES:
        length = int.from_bytes(header[8:], "big")
    return length if length >= HEADER_BYTES else None


def boxes_in(content: bytes) -> Iterator[tuple[str, bytes]]:
    """
    Yield name and content of each box, one after the other; large headers are not expected inside of others.

    Raises:
        ValueError: the bytes are not a row of boxes.
    """
    at = 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if length < HEADER_BYTES or at + length > len(content):
            raise ValueError("a box is cut")
        yield content[at + 4 : at + 8].decode("latin-1"), content[at + HEADER_BYTES : at + length]
        at += length


def find_box(content: bytes, *path: str) -> bytes | None:
    """
    Return the content of the first box on a path of names, or None.

    Raises:
        ValueError: the bytes are not boxes.
    """
    found: bytes | None = content
    for name in path:
        found = next((inner for known, inner in boxes_in(found or b"") if known == name), None)
    return found


def box(name: str, *parts: bytes) -> bytes:
    """Return a box around its parts."""
    content = b"".join(parts)
    return struct.pack(">I4s", HEADER_BYTES + len(content), name.encode("latin-1")) + content


def full_box(name: str, version: int, flags: int, *parts: bytes) -> bytes:
    """Return a box that begins with a version and flags."""
    return box(name, struct.pack(">I", version << 24 | flags), *parts)
