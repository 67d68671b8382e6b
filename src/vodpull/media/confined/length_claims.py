"""
What a file says of its own length, compared with what it has; a part of the confined child probe.py.

Only the standard library; boxes.py is handed over, since the children are no package.
"""

from __future__ import annotations

import struct
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, BinaryIO

# What a piece that a segment index names may begin with (ISO/IEC 14496-12, 8.16).
FIRST_OF_PIECE = {b"moof", b"sidx", b"styp", b"emsg", b"prft", b"ssix"}
# Of each piece its kind and size, its length, and where it can be entered.
ROW_BYTES = 12
# The longest segment index has 65535 rows; a description that is larger names single pictures, and has no fragments.
MAX_READ_BYTES = 4 << 20


def broken_promise(boxes: Any, path: Path, facts: dict[str, Any], *, share: float, loss_s: float) -> str | None:
    """
    Return in words what a file promises and does not have; None: nothing.

    `facts` are the prober's. Where writers round, only less than `share` counts, and in seconds a loss of `loss_s`.
    """
    size = facts["size_bytes"]
    with path.open("rb") as file:
        promised = _riff_bytes(file.read(8)) if facts["container"] in {"avi", "wav"} else 0
        end, declared_s = _promised(boxes, file, size) if facts["container"].startswith("mov") else (0, 0.0)
    if size < share * promised:
        return f"the header promises {promised} bytes, the file has {size}"
    if end > size:
        missing = 100 * (end - size) // end
        return f"the segment index names {end} bytes, {missing} % more than the file has"
    found_s = facts["duration_s"] + max(0.0, facts["start_time_s"])
    if declared_s - found_s > loss_s and found_s < share * declared_s:
        return f"the file promises {declared_s:.1f} s, but its fragments end after {found_s:.1f} s"
    return None


def _riff_bytes(head: bytes) -> int:
    """Return the length that an AVI or WAV file announces; 0: it does not say."""
    length = int.from_bytes(head[4:], "little")
    # 0 and all ones mean `unknown`.
    return length + 8 if head.startswith(b"RIFF") and 0 < length < 0xFFFFFFFF else 0  # noqa: PLR2004


def _promised(boxes: Any, file: BinaryIO, size: int) -> tuple[int, float]:
    """Return the byte and the second with which a fragmented MP4 says that it ends; 0: it does not say."""
    end, declared_s = 0, 0.0
    # Behind the first fragment, an index speaks of the next one only.
    for name, at, length in islice(boxes.walk_boxes(file, size), boxes.MAX_BOXES):
        if name == "moof":
            break
        if name not in {"moov", "sidx"} or length > MAX_READ_BYTES:
            continue
        file.seek(at + boxes.HEADER_BYTES)
        content = file.read(length - boxes.HEADER_BYTES)
        if name == "moov":
            declared_s = _declared_s(boxes, content)
        else:
            # Several are one for each track, or one in the other: none speaks of more than the file.
            after = at + length
            end = max(end, after if after > size else _indexed_end(file, content, after, size=size))
    return end, declared_s


def _declared_s(boxes: Any, moov: bytes) -> float:
    try:
        header, extends = boxes.find_box(moov, "mvhd") or b"", boxes.find_box(moov, "mvex", "mehd") or b""
    except ValueError:
        return 0.0
    timescale = int.from_bytes(header[20:24] if header[:1] == b"\1" else header[12:16], "big")
    length = extends[4:12] if extends[:1] == b"\1" else extends[4:8]
    # All ones mean `unknown`.
    is_known = timescale and length.strip(b"\xff")
    return int.from_bytes(length, "big") / timescale if is_known else 0.0


def _indexed_end(file: BinaryIO, index: bytes, start: int, *, size: int) -> int:
    """Return where the last piece ends that a segment index names, counting from `start`; 0: it is not of this file."""
    wide = 8 if index[:1] > b"\0" else 4
    first = start + int.from_bytes(index[12 + wide : 12 + 2 * wide], "big")
    rows_at = 16 + 2 * wide
    count = int.from_bytes(index[rows_at - 2 : rows_at], "big")
    rows = index[rows_at : rows_at + count * ROW_BYTES]
    if len(rows) < count * ROW_BYTES:
        return 0
    # The highest bit tells another index from media.
    sizes = [kind_and_size & 0x7FFFFFFF for kind_and_size, _, _ in struct.iter_unpack(">III", rows)]
    *places, end = accumulate(sizes, initial=first)
    begun = [place for place in places if place <= size]
    headed = [place for place in begun if place + 8 <= size]
    if headed:
        # An index that is wrong about what is here (a tool has changed the file behind it) is wrong about the rest.
        file.seek(headed[-1])
        return end if file.read(8)[4:] in FIRST_OF_PIECE else 0
    return end if begun else 0
