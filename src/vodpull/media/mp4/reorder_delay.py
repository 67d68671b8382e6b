"""
How long the pictures of an MP4 wait between decoding and showing, by its index: broken recorders write hours.

How long is too long is decided in `inspect/mend_clock.py`.
"""

from __future__ import annotations

import sys
from array import array
from contextlib import suppress
from itertools import islice
from typing import BinaryIO

from vodpull.media.mp4.boxes import HEADER_BYTES, MAX_BOXES, MAX_INDEX_BYTES, boxes_in, find_box, walk_boxes

# Of an edit, from version 1 on and before: its length in bytes, and where it says what it shows.
WIDE_EDIT, EDIT = (20, 8), (12, 4)


def longest_wait_s(file: BinaryIO, size: int) -> float:
    """Return by how much the waits of one track's pictures differ at most; 0: it is not known, or parts are cut out."""
    for name, at, length in islice(walk_boxes(file, size), MAX_BOXES):
        if name == "moov" and at + length <= size and length <= MAX_INDEX_BYTES:
            file.seek(at + HEADER_BYTES)
            with suppress(ValueError):
                tracks = boxes_in(file.read(length - HEADER_BYTES))
                return max((_wait_s(content) for kind, content in tracks if kind == "trak"), default=0.0)
    return 0.0


def _wait_s(trak: bytes) -> float:
    header = find_box(trak, "mdia", "mdhd") or b""
    timescale = int.from_bytes(header[20:24] if header[:1] == b"\1" else header[12:16], "big")
    table = (find_box(trak, "mdia", "minf", "stbl", "ctts") or b"")[HEADER_BYTES:]
    # A count and a distance, which nobody means to be so large that its sign would count.
    rows = array("i", table[: len(table) // 8 * 8])
    if sys.byteorder == "little":
        rows.byteswap()
    waits = rows[1::2]
    return (max(waits) - min(waits)) / timescale if waits and timescale and _is_one_piece(trak) else 0.0


def _is_one_piece(trak: bytes) -> bool:
    edits = find_box(trak, "edts", "elst") or b""
    length, place = WIDE_EDIT if edits[:1] == b"\1" else EDIT
    shown = (edits[at + place : at + 2 * place] for at in range(HEADER_BYTES, len(edits), length))
    # All ones show nothing, for a while.
    return sum(bool(begin.strip(b"\xff")) for begin in shown) <= 1
