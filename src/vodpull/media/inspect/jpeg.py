"""Reading the frame of a JPEG file (ITU-T T.81): enough to see its size, and that its end was written."""

from __future__ import annotations

from pathlib import Path

START = b"\xff\xd8"
END = b"\xff\xd9"
# Baseline, extended and progressive frames; all others are arithmetic or lossless and never written here.
FRAMES = frozenset({0xC0, 0xC1, 0xC2})
# Tables and comments come before the frame; honest files have less than a kilobyte of them.
HEADER_BYTES = 64 * 1024


def jpeg_size(path: Path) -> tuple[int, int] | None:
    """Return width and height of a JPEG file, or None when it is none or was cut."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
        if not head.startswith(START):
            return None
        file.seek(-len(END), 2)
        return frame_size(head) if file.read() == END else None


def frame_size(head: bytes) -> tuple[int, int] | None:
    """Return width and height from the beginning of a JPEG file: walk from marker to marker up to the frame."""
    at = len(START)
    # Marker, length, precision, height and width have nine bytes.
    while at + 9 <= len(head) and head[at] == 0xFF:  # noqa: PLR2004 - the first byte of every marker
        if head[at + 1] in FRAMES:
            return int.from_bytes(head[at + 7 : at + 9], "big"), int.from_bytes(head[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return None
