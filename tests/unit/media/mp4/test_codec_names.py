from __future__ import annotations

import pytest

from vodpull.errors import OutputInvalid
from vodpull.media.mp4.boxes import box
from vodpull.media.mp4.codec_names import channel_counts, codec_names


def header(entry: str, description: bytes, *, own_bytes: int = 78) -> bytes:
    """Return the boxes around one sample entry."""
    track = box("stsd", bytes(8) + box(entry, bytes(own_bytes) + description))
    for name in ("stbl", "minf", "mdia", "trak", "moov"):
        track = box(name, track)
    return box("ftyp", b"iso5") + track


HEVC_HIGH = bytes.fromhex("01 62 40000000 b00000000000 5d")
AAC_LONG = bytes.fromhex("00000000 03808017 000000 048011 40 15 000000 00000000 00000000 0502 f948")


@pytest.mark.parametrize(
    ("entry", "description", "own_bytes", "name"),
    [
        ("avc1", box("avcC", bytes.fromhex("0164001fff")), 78, "avc1.64001f"),
        ("hvc1", box("hvcC", HEVC_HIGH), 78, "hvc1.A2.2.H93.B0"),
        ("av01", box("av1C", bytes.fromhex("81084c00")), 78, "av01.0.08M.10"),
        ("av01", box("av1C", bytes.fromhex("8150e000")), 78, "av01.2.16H.12"),
        ("vp09", box("vpcC", bytes.fromhex("01000000 02 1f a2")), 78, "vp09.02.31.10"),
        ("mp4a", box("esds", AAC_LONG), 28, "mp4a.40.42"),
        ("Opus", box("dOps"), 28, "Opus"),
    ],
)
def test_names_are_made_of_what_the_header_says(entry: str, description: bytes, own_bytes: int, name: str) -> None:
    assert codec_names(header(entry, description, own_bytes=own_bytes)) == (name,)


def esds(config: str) -> bytes:
    specific = bytes.fromhex(config)
    inner = bytes([4, 15 + len(specific)]) + bytes(13) + bytes([5, len(specific)]) + specific
    return box("esds", bytes(4) + bytes([3, 3 + len(inner)]) + bytes(3) + inner)


@pytest.mark.parametrize(
    ("entry", "description", "own_bytes", "counts"),
    [
        ("mp4a", esds("1190"), 28, (2,)),
        ("mp4a", esds("11b0"), 28, (6,)),
        ("mp4a", esds("11b8"), 28, (8,)),
        ("mp4a", esds("1780bb8010"), 28, (2,)),
        ("mp4a", esds("f9463000"), 28, (1,)),
        ("mp4a", esds("1180"), 28, (0,)),
        ("Opus", box("dOps", b"\0\6"), 28, (6,)),
        ("avc1", box("avcC", bytes.fromhex("0164001fff")), 78, ()),
    ],
)
def test_channels_are_counted_from_the_configuration(
    entry: str, description: bytes, own_bytes: int, counts: tuple[int, ...]
) -> None:
    assert channel_counts(header(entry, description, own_bytes=own_bytes)) == counts


def test_a_sound_without_a_configuration_has_no_count() -> None:
    with pytest.raises(OutputInvalid):
        channel_counts(header("mp4a", esds(""), own_bytes=28))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        box("moov"),
        header("hev1", box("hvcC", HEVC_HIGH)),
        header("avc1", b""),
        header("avc1", box("avcC", b"\x01")),
        header("avc1", box("avcC", b"\x01\x64\x00\x1f"))[:-3],
        header("mp4a", box("esds", bytes(4) + b"\x09\x01\x00"), own_bytes=28),
    ],
)
def test_a_header_that_says_nothing_usable_is_refused(data: bytes) -> None:
    with pytest.raises(OutputInvalid):
        codec_names(data)
