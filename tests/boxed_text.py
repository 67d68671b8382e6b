"""MP4 files with a text track that no muxer of ours writes: WebVTT in boxes, in one piece or in fragments."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from vodpull.media.mp4.boxes import box, boxes_in, full_box

TIMESCALE = 1000
TRACK = 9
Said = tuple[float, float, str]
"""When a cue begins and ends in seconds, and its text."""


def add_wvtt(film: Path, target: Path, cues: Sequence[Said], *, language: str = "eng", entry: str = "wvtt") -> Path:
    """
    Write a copy of an MP4 with a text track.

    Of a fragmented one, offsets must count from each fragment; the text gets fragments of its own, of two samples each.
    """
    content = film.read_bytes()
    whole = [(name, box(name, inner)) for name, inner in boxes_in(content) if name != "mfra"]
    is_fragmented = any(name == "moof" for name, _ in whole)
    samples = list(samples_of(cues))
    media = box("mdat", *(data for _, data in samples))
    parts, before = [], 0
    for name, kept in whole:
        if name == "moov":
            about = kept[8:], samples, before + 8
            parts.append(b"" if is_fragmented else media)
            parts.append(_index(*about, language=language, entry=entry, is_fragmented=is_fragmented))
        else:
            parts.append(kept)
        before += len(kept)
    if is_fragmented:
        parts += _fragments(samples)
    target.write_bytes(b"".join(parts))
    return target


def samples_of(cues: Sequence[Said]) -> list[tuple[int, bytes]]:
    """Return length in milliseconds and bytes of each sample: what is seen from one change to the next."""
    changes = sorted({0, *(round(1000 * at) for start, end, _ in cues for at in (start, end))})
    made = []
    for since, until in pairwise(changes):
        seen = [(number, text) for number, (start, end, text) in enumerate(cues) if 1000 * start <= since < 1000 * end]
        shown = b"".join(
            box("vttc", box("vsid", struct.pack(">I", number)), box("sttg", b"line:0"), box("payl", text.encode()))
            for number, text in seen
        )
        made.append((until - since, shown or box("vtte")))
    return made


def _index(
    moov: bytes, samples: Sequence[tuple[int, bytes]], at: int, *, language: str, entry: str, is_fragmented: bool
) -> bytes:
    length = sum(length for length, _ in samples)
    timed = () if is_fragmented else samples
    packed = sum((ord(letter) - 0x60) << 5 * (2 - place) for place, letter in enumerate(language))
    described = box(entry, bytes(6), b"\0\1", box("vttC", b"WEBVTT"))
    tables = box(
        "stbl",
        full_box("stsd", 0, 0, struct.pack(">I", 1), described),
        full_box("stts", 0, 0, struct.pack(">I", len(timed)), *(struct.pack(">II", 1, each) for each, _ in timed)),
        full_box("stsc", 0, 0, struct.pack(">IIII", 1, 1, len(timed), 1) if timed else bytes(4)),
        full_box("stsz", 0, 0, struct.pack(">II", 0, len(timed)), *(struct.pack(">I", len(data)) for _, data in timed)),
        full_box("stco", 0, 0, struct.pack(">II", 1, at) if timed else bytes(4)),
    )
    here = box("dinf", full_box("dref", 0, 0, struct.pack(">I", 1), full_box("url ", 0, 1)))
    track = box(
        "trak",
        full_box("tkhd", 0, 3, struct.pack(">IIIII", 0, 0, TRACK, 0, length), bytes(16), _unity(), bytes(8)),
        box(
            "mdia",
            full_box("mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, TIMESCALE, length, packed, 0)),
            full_box("hdlr", 0, 0, bytes(4), b"text", bytes(13)),
            box("minf", full_box("nmhd", 0, 0), here, tables),
        ),
    )
    extends = full_box("trex", 0, 0, struct.pack(">IIIII", TRACK, 1, 0, 0, 0))
    inner = [box(name, content + extends if name == "mvex" else content) for name, content in boxes_in(moov)]
    return box("moov", *inner, track)


def _unity() -> bytes:
    return struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _fragments(samples: Sequence[tuple[int, bytes]]) -> list[bytes]:
    made, time = [], 0
    for first in range(0, len(samples), 2):
        own = samples[first : first + 2]
        sizes = b"".join(struct.pack(">II", length, len(data)) for length, data in own)
        base = full_box("tfdt", 1, 0, struct.pack(">Q", time))

        def fragment(offset: int, sizes: bytes = sizes, base: bytes = base, count: int = len(own)) -> bytes:
            run = full_box("trun", 0, 0x301, struct.pack(">Ii", count, offset), sizes)
            track = box("traf", full_box("tfhd", 0, 0x20000, struct.pack(">I", TRACK)), base, run)
            return box("moof", full_box("mfhd", 0, 0, struct.pack(">I", 1000)), track)

        made += [fragment(len(fragment(0)) + 8), box("mdat", *(data for _, data in own))]
        time += sum(length for length, _ in own)
    return made
