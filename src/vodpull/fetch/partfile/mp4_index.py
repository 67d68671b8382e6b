"""
Where an MP4 file keeps its index, seen from its first bytes: at the end it is worth fetching first.

What is encoded of it then, while the rest arrives: `workflows/attempt/ahead/early_chunks.py`.
"""

from __future__ import annotations

from collections.abc import Callable

# What a file may begin with whose index can be at the end (ISO/IEC 14496-12; `wide` and a bare `mdat` are QuickTime).
_BEFORE_MEDIA = {b"ftyp", b"wide", b"free", b"skip", b"uuid", b"pnot"}
# The index of a day of video is smaller; what is larger is more media.
_MAX_INDEX_BYTES = 128 << 20
_HEADER_BYTES = 16
_MIN_BOX_BYTES = 8


def find_index(header_at: Callable[[int], bytes], *, here: int, size_bytes: int) -> int | None:
    """
    Return where an MP4 file goes on after its media data, if its index did not come before them.

    `header_at` gives the 16 bytes at a position; they are there up to before `here`. `size_bytes`, the size of the
    file, means that nothing at its end is worth fetching first; None that the bytes here do not tell yet.
    """
    at = 0
    while at + _HEADER_BYTES <= here:
        header = header_at(at)
        name, length = header[4:8], _length(header)
        if name == b"mdat":
            index = at + length
            return index if at < index < size_bytes <= index + _MAX_INDEX_BYTES else size_bytes
        if name not in _BEFORE_MEDIA or length < _MIN_BOX_BYTES:
            return size_bytes
        at += length
    return None if at < size_bytes else size_bytes


def _length(header: bytes) -> int:
    """Return a box's bytes, its header included; 0: it goes on to the end of the file."""
    short = int.from_bytes(header[:4], "big")
    return int.from_bytes(header[8:16], "big") if short == 1 else short
