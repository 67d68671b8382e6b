"""Reading the top-level boxes of an MP4 file (ISO/IEC 14496-12): enough to see whether it is whole."""

from __future__ import annotations

from pathlib import Path

HEADER_BYTES = 8
LARGE_HEADER_BYTES = 16
# A segment has five boxes; thousands are no segment.
MAX_BOXES = 64


def box_names(path: Path) -> tuple[str, ...] | None:
    """Return the names of the top-level boxes, or None when they do not fill the file exactly."""
    size = path.stat().st_size
    names: list[str] = []
    at = 0
    with path.open("rb") as file:
        while at < size and len(names) < MAX_BOXES:
            file.seek(at)
            header = file.read(LARGE_HEADER_BYTES)
            length = _box_bytes(header)
            if length is None or at + length > size:
                return None
            names.append(header[4:8].decode("latin-1"))
            at += length
    return tuple(names) if at == size else None


def _box_bytes(header: bytes) -> int | None:
    """Return the length that a box header announces, or None when it is none."""
    if len(header) < HEADER_BYTES:
        return None
    length = int.from_bytes(header[:4], "big")
    # 1: the real length follows in 64 bits. 0 would mean `to the end of the file`, which nobody writes here.
    if length == 1 and len(header) == LARGE_HEADER_BYTES:
        length = int.from_bytes(header[8:], "big")
    return length if length >= HEADER_BYTES else None
