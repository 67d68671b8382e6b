"""Segments and intermediate files, byte by byte; that real demuxers understand them is shown with real films."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from vodpull.errors import OutputInvalid
from vodpull.media.mp4.boxes import box, box_names, boxes_in, find_box, full_box
from vodpull.media.mp4.fragments import Sample, TrackHeader, TrackRun, init_segment, media_segment
from vodpull.media.mp4.sample_tables import read_samples

ENTRY = box("avc1", bytes(78), box("avcC", b"\x01\x64\x00\x1f\xff\xe0\x00"))
VIDEO = TrackHeader(
    number=1, is_video=True, timescale=25, entry=ENTRY, width_px=640, height_px=360, delay_ticks=2, language="und"
)


def sample(size_bytes: int, *, key: bool = False) -> Sample:
    return Sample(size_bytes=size_bytes, duration_ticks=1, shift_ticks=2, key=key)


def test_a_segment_says_where_its_bytes_are() -> None:
    run = TrackRun(track=VIDEO, decode_ticks=100, samples=[sample(3, key=True), sample(2)], content=b"abcde")
    written = media_segment(2, [run])
    styp = len(next(boxes_in(written))[1]) + 8
    moof = find_box(written, "moof") or b""
    trun = find_box(moof, "traf", "trun") or b""
    (offset,) = struct.unpack_from(">i", trun, 8)
    assert written[styp + offset :] == b"abcde"
    assert struct.unpack_from(">Q", find_box(moof, "traf", "tfdt") or b"", 4) == (100,)
    assert struct.unpack_from(">IIII", trun, 12) == (1, 3, 0x02000000, 2)


def test_an_init_segment_names_size_delay_and_codec() -> None:
    moov = find_box(init_segment([VIDEO]), "moov") or b""
    assert struct.unpack(">II", (find_box(moov, "trak", "tkhd") or b"")[-8:]) == (640 << 16, 360 << 16)
    assert struct.unpack_from(">Ii", find_box(moov, "trak", "edts", "elst") or b"", 8) == (0, 2)
    assert (find_box(moov, "trak", "mdia", "minf", "stbl", "stsd") or b"")[8:] == ENTRY


def intermediate(path: Path, **changes: bytes) -> Path:
    """Write a file with two samples of three and two bytes, shown in the order of decoding."""
    tables = {
        "stsd": full_box("stsd", 0, 0, struct.pack(">I", 1), ENTRY),
        "stts": full_box("stts", 0, 0, struct.pack(">III", 1, 2, 1)),
        "stss": full_box("stss", 0, 0, struct.pack(">II", 1, 1)),
        "stsc": full_box("stsc", 0, 0, struct.pack(">IIII", 1, 1, 2, 1)),
        "stsz": full_box("stsz", 0, 0, struct.pack(">IIII", 0, 2, 3, 2)),
        "stco": full_box("stco", 0, 0, struct.pack(">II", 1, 8)),
    } | changes
    mdhd = full_box("mdhd", 0, 0, struct.pack(">IIIII", 0, 0, 25, 2, 0))
    tkhd = full_box("tkhd", 0, 3, bytes(72), struct.pack(">II", 640 << 16, 360 << 16))
    media = box("mdia", mdhd, box("minf", box("stbl", *tables.values())))
    path.write_bytes(box("mdat", b"abcde") + box("moov", box("trak", tkhd, media)))
    return path


def test_samples_are_found_and_read(tmp_path: Path) -> None:
    table = read_samples(intermediate(tmp_path / "ld.mp4"))
    assert (len(table), table.timescale, table.width_px, table.entry) == (2, 25, 640, ENTRY)
    assert (list(table.shown_ticks), list(table.decode_ticks)) == ([0, 1], [0, 1, 2])
    assert [table.is_key(0), table.is_key(1)] == [True, False]
    assert table.read(range(2)) == b"abcde"
    assert table.read(range(1, 2)) == b"de"


@pytest.mark.parametrize(
    "damage",
    [
        {"stsz": full_box("stsz", 0, 0, struct.pack(">IIII", 0, 2, 3, 2000))},
        {"stsz": full_box("stsz", 0, 0, struct.pack(">II", 1, 0xFFFFFFFF))},
        {"stsz": full_box("stsz", 0, 0, struct.pack(">II", 0, 0))},
        {"stts": full_box("stts", 0, 0, struct.pack(">III", 1, 0x7FFFFFFF, 1))},
        {"stco": full_box("stco", 0, 0, struct.pack(">II", 1, 0xFFFFFFFF))},
        {"stco": full_box("co64", 0, 0, struct.pack(">IQ", 1, 2**64 - 1))},
        {"stco": b""},
        {"stsd": b"\0\0\0\3xxxx"},
    ],
)
def test_a_table_that_lies_is_refused(tmp_path: Path, damage: dict[str, bytes]) -> None:
    with pytest.raises(OutputInvalid):
        read_samples(intermediate(tmp_path / "ld.mp4", **damage))


def test_a_cut_or_missing_file_is_refused(tmp_path: Path) -> None:
    whole = intermediate(tmp_path / "ld.mp4")
    assert box_names(whole) == ("mdat", "moov")
    whole.write_bytes(whole.read_bytes()[:-1])
    for path in (whole, tmp_path / "none.mp4"):
        with pytest.raises(OutputInvalid):
            read_samples(path)
