"""Writing fragmented MP4 (ISO/IEC 14496-12): the init segment and media segments of one HLS rendition. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from vodpull.media.mp4.boxes import HEADER_BYTES, box, full_box

UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
"""The matrix that leaves a picture as it is."""
# Sample flags: `depends on no other`; `depends on others, is no sync sample`.
KEY, DEPENDENT = 0x02000000, 0x01010000
# Fields that a box holds, by its flags.
DEFAULT_BASE_IS_MOOF = 0x020000
TRUN_VIDEO, TRUN_AUDIO = 0x000F01, 0x000301


@dataclass(frozen=True, kw_only=True)
class TrackHeader:
    """What the init segment says of one track."""

    number: int
    """Track id, from 1."""
    is_video: bool
    timescale: int
    """Ticks per second of all times."""
    entry: bytes
    """Sample entry with the codec's configuration: a whole box."""
    width_px: int
    height_px: int
    delay_ticks: int
    """So much at the start only prepares the decoder; players skip it."""
    language: str
    """ISO 639-2."""


class Sample(NamedTuple):
    """One sample in a segment; a film has millions of them."""

    size_bytes: int
    duration_ticks: int
    shift_ticks: int
    """Time of showing minus time of decoding."""
    key: bool


@dataclass(frozen=True, kw_only=True)
class TrackRun:
    """The samples of one track in a segment."""

    track: TrackHeader
    decode_ticks: int
    """Decoding time of the first sample."""
    samples: Sequence[Sample]
    content: bytes
    """Their bytes, one after the other."""


def init_segment(tracks: Sequence[TrackHeader]) -> bytes:
    """Return the init segment of a rendition."""
    extends = [full_box("trex", 0, 0, struct.pack(">IIIII", track.number, 1, 0, 0, 0)) for track in tracks]
    brands = b"iso6" + bytes(4) + b"iso6mp41"
    described = [track_box(track, EMPTY_TABLES, edits=[(0, track.delay_ticks)]) for track in tracks]
    return box("ftyp", brands) + box("moov", movie_header(tracks), *described, box("mvex", *extends))


def movie_header(tracks: Sequence[TrackHeader], *, duration_ms: int = 0) -> bytes:
    """Return the box that begins the description of a film; duration 0: the segments tell it."""
    return full_box(
        "mvhd",
        0,
        0,
        struct.pack(">IIII", 0, 0, 1000, duration_ms),
        struct.pack(">IH10x", 0x10000, 0x100),
        UNITY,
        struct.pack(">24xI", len(tracks) + 1),
    )


EMPTY_TABLES = (
    *(full_box(empty, 0, 0, bytes(4)) for empty in ("stts", "stsc")),
    full_box("stsz", 0, 0, bytes(8)),
    full_box("stco", 0, 0, bytes(4)),
)
"""Segments bring their own."""


def track_box(
    track: TrackHeader,
    tables: Sequence[bytes],
    *,
    edits: Sequence[tuple[int, int]],
    duration_ms: int = 0,
    ticks: int = 0,
) -> bytes:
    """
    Return the description of one track.

    `edits` are lengths in milliseconds, each with the ticks of the track where it begins (-1: nothing is shown);
    `ticks` is the length of all samples. A day of sound is as much as the fields hold.
    """
    # In use and part of the film.
    header = full_box(
        "tkhd",
        0,
        3,
        struct.pack(">IIIII8xHHHH", 0, 0, track.number, 0, duration_ms, 0, 0, 0 if track.is_video else 0x100, 0),
        UNITY,
        struct.pack(">II", track.width_px << 16, track.height_px << 16),
    )
    rows = [struct.pack(">IiHH", length_ms, begin, 1, 0) for length_ms, begin in edits]
    edit = box("edts", full_box("elst", 0, 0, struct.pack(">I", len(rows)), *rows))
    return box("trak", header, edit if any(begin for _, begin in edits) else b"", _mdia(track, tables, ticks))


def _mdia(track: TrackHeader, tables: Sequence[bytes], ticks: int) -> bytes:
    # Three letters in five bits each.
    language = sum((ord(letter) - 0x60) << shift for letter, shift in zip(track.language, (10, 5, 0), strict=True))
    kind, name = (b"vide", b"VideoHandler\0") if track.is_video else (b"soun", b"SoundHandler\0")
    media = full_box("vmhd", 0, 1, bytes(8)) if track.is_video else full_box("smhd", 0, 0, bytes(4))
    here = full_box("url ", 0, 1)
    described = full_box("stsd", 0, 0, struct.pack(">I", 1), track.entry)
    return box(
        "mdia",
        full_box("mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, track.timescale, ticks, language, 0)),
        full_box("hdlr", 0, 0, bytes(4), kind, bytes(12), name),
        box(
            "minf",
            media,
            box("dinf", full_box("dref", 0, 0, struct.pack(">I", 1), here)),
            box("stbl", described, *tables),
        ),
    )


def media_segment(number: int, runs: Sequence[TrackRun]) -> bytes:
    """Return media segment `number`, from 1."""
    rows = [_rows(run) for run in runs]
    # Its length does not depend on the offsets in it.
    empty = _moof(number, runs, rows, offsets=[0] * len(runs))
    first = len(empty) + HEADER_BYTES
    *offsets, end = accumulate((len(run.content) for run in runs), initial=first)
    kind = box("styp", b"msdh" + bytes(4) + b"msdhmsix")
    # At once: the samples are large, and each step in between would copy them.
    return b"".join(
        [
            kind,
            _moof(number, runs, rows, offsets=offsets),
            struct.pack(">I4s", HEADER_BYTES + end - first, b"mdat"),
            *(run.content for run in runs),
        ]
    )


def _rows(run: TrackRun) -> bytes:
    """Return what is said of each sample."""
    if run.track.is_video:
        rows = [(ticks, size, KEY if key else DEPENDENT, shift) for size, ticks, shift, key in run.samples]
        fields = [field for row in rows for field in row]
    else:
        fields = [field for sample in run.samples for field in (sample.duration_ticks, sample.size_bytes)]
    return struct.pack(f">{len(fields)}I", *fields)


def _moof(number: int, runs: Sequence[TrackRun], rows: Sequence[bytes], *, offsets: Sequence[int]) -> bytes:
    trafs = [_traf(*described) for described in zip(runs, rows, offsets, strict=True)]
    return box("moof", full_box("mfhd", 0, 0, struct.pack(">I", number)), *trafs)


def _traf(run: TrackRun, rows: bytes, offset: int) -> bytes:
    return box(
        "traf",
        full_box("tfhd", 0, DEFAULT_BASE_IS_MOOF, struct.pack(">I", run.track.number)),
        full_box("tfdt", 1, 0, struct.pack(">Q", run.decode_ticks)),
        full_box(
            "trun",
            0,
            TRUN_VIDEO if run.track.is_video else TRUN_AUDIO,
            struct.pack(">Ii", len(run.samples), offset),
            rows,
        ),
    )
