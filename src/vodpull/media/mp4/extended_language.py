"""
Languages of sound tracks with their script and region, which FFmpeg's muxer has no room for: the box `elng`.

It takes the place of blanks behind the track's name, so nothing in the file moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from vodpull.media.mp4.boxes import HEADER_BYTES, MAX_BOXES, MAX_INDEX_BYTES, full_box, walk_boxes

# Of a handler: version, flags and reserved ones before its kind; and all before its name.
KIND_AT, NAME_AT = 8, 24


def room(tag: str) -> str:
    """Return the blanks that a track's name must end with so that a tag of BCP 47 has room behind it."""
    return " " * len(_box(tag))


def write_languages(path: Path, tags: Sequence[str]) -> None:
    """Give the sound tracks of an MP4 the languages `tags`, as far as their names have `room`; empty: none."""
    with path.open("r+b") as file:
        size = path.stat().st_size
        index = next((found for found in islice(walk_boxes(file, size), MAX_BOXES) if found[0] == "moov"), None)
        if index is None or index[2] > MAX_INDEX_BYTES:
            return
        file.seek(index[1])
        content = file.read(index[2])
        for tag, (at, length) in zip(tags, _sound_handlers(content), strict=False):
            handler, box = content[at : at + length], _box(tag)
            name = handler[HEADER_BYTES + NAME_AT :].rstrip(b"\0")
            if tag and name.endswith(b" " * len(box)):
                kept = handler[HEADER_BYTES : length - len(box) - 1] + b"\0"
                file.seek(index[1] + at)
                file.write((HEADER_BYTES + len(kept)).to_bytes(4, "big") + b"hdlr" + kept + box)


def _box(tag: str) -> bytes:
    return full_box("elng", 0, 0, tag.encode("ascii"), b"\0")


def _sound_handlers(moov: bytes) -> Iterator[tuple[int, int]]:
    """Yield place and length of the handler of each sound track."""
    for track, track_at, track_bytes in _boxes(moov, HEADER_BYTES, len(moov)):
        for media, media_at, media_bytes in _boxes(moov, track_at + HEADER_BYTES, track_at + track_bytes):
            for name, at, length in _boxes(moov, media_at + HEADER_BYTES, media_at + media_bytes):
                kind_at = at + HEADER_BYTES + KIND_AT
                if (track, media, name) == ("trak", "mdia", "hdlr") and moov[kind_at : kind_at + 4] == b"soun":
                    yield at, length


def _boxes(content: bytes, at: int, stop: int) -> Iterator[tuple[str, int, int]]:
    while at + HEADER_BYTES <= stop:
        length = int.from_bytes(content[at : at + 4], "big")
        if length < HEADER_BYTES or at + length > stop:
            return
        yield content[at + 4 : at + HEADER_BYTES].decode("latin-1"), at, length
        at += length
