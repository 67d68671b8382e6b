"""Where decoding may begin, as far as the units of a sample say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vodpull.media.confined.decoder_entries import Entries

SPS, PPS = b"\x67\x64\x00\x1f", b"\x68\xee\x3c\x80"
OTHER_SPS, OTHER_PPS = b"\x67\x42\x00\x1e", b"\x68\xce\x06"
IDR = b"\x65\x88\x80\x10"
"""A slice with the type 7: every slice of the picture is an I slice."""
INTRA, INTER = b"\x41\x88\x80\x10", b"\x41\x9a\x10\x10"
CONFIG = b"\x01\x64\x00\x1f\xff\xe1\x00\x04" + SPS + b"\x01\x00\x04" + PPS + b"\xfd\xf8\xf8\x00"


def recovery(bits: int) -> bytes:
    """Return a message with a recovery point; `bits` is its first byte, which begins with the number of pictures."""
    return bytes((0x06, 6, 1, bits, 0x80))


def sample(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def stream(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


@pytest.mark.parametrize("form", [sample, stream])
@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ((IDR,), (True, True)),
        ((SPS, PPS, IDR), (True, True)),
        ((INTRA,), (True, False)),
        ((recovery(0b10000000), INTRA), (True, False)),
        ((recovery(0b00110000), INTRA), (False, False)),
        ((INTER,), (False, False)),
    ],
)
def test_a_keyframe_is_an_entry_when_the_picture_is_whole_at_once(
    form: Callable[..., bytes], units: tuple[bytes, ...], expected: tuple[bool, bool]
) -> None:
    config = CONFIG if form is sample else b"\0\0\0\1" + SPS + b"\0\0\0\1" + PPS
    assert Entries("h264", config).judge(form(*units), is_keyframe=True) == expected


def test_what_is_no_keyframe_is_no_entry() -> None:
    assert Entries("h264", CONFIG).judge(sample(IDR), is_keyframe=False) == (False, True)


def test_behind_a_change_only_samples_that_tell_all_parameters_are_entries() -> None:
    entries = Entries("h264", CONFIG)
    assert entries.judge(sample(SPS, PPS, IDR), is_keyframe=True)[0]
    assert entries.judge(sample(OTHER_SPS, OTHER_PPS, IDR), is_keyframe=True)[0]
    assert entries.changed
    assert not entries.judge(sample(IDR), is_keyframe=True)[0]
    assert not entries.judge(sample(OTHER_PPS, IDR), is_keyframe=True)[0]
    assert entries.judge(sample(SPS, PPS, IDR), is_keyframe=True)[0]
    assert entries.judge(sample(IDR), is_keyframe=True)[0], "those of the header are in force again"


def test_parameters_beside_the_packets_are_unknown_to_who_begins_later() -> None:
    entries = Entries("h264", CONFIG)
    entries.renew()
    assert entries.changed
    assert not entries.judge(sample(IDR), is_keyframe=True)[0]


@pytest.mark.parametrize(("kind", "expected"), [(19, True), (20, True), (21, True), (16, True), (1, False), (9, False)])
def test_hevc_is_entered_at_random_access_pictures(kind: int, expected: bool) -> None:
    assert Entries("hevc", b"").judge(stream(bytes((kind << 1, 1, 0x80))), is_keyframe=True) == (expected, expected)


def test_other_codecs_are_taken_at_their_word() -> None:
    assert Entries("vp9", b"").judge(b"\x82\x49", is_keyframe=True) == (True, False)


@pytest.mark.parametrize("content", [b"", b"\0", b"\xff" * 9, b"\0\0\1", sample(b"\x06\xff")])
def test_hostile_samples_are_no_entries(content: bytes) -> None:
    assert not Entries("h264", CONFIG).judge(content, is_keyframe=True)[0]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_keyframe_that_does_not_say_again_how_it_is_turned_is_no_entry(codec: str) -> None:
    entries = Entries(codec, b"")
    head, idr = (b"\x06", b"\x65\x88") if codec == "h264" else (bytes((39 << 1, 1)), bytes((19 << 1, 1, 0x80)))
    said = head + bytes((47, 3)) + b"\x20\x80\x04" + b"\x80"
    assert entries.judge(stream(idr), is_keyframe=True)[0]
    assert entries.judge(stream(said) + stream(idr), is_keyframe=True)[0]
    assert entries.orientation == b"\x20\x80\x04"
    assert not entries.judge(stream(idr), is_keyframe=True)[0]
    assert entries.judge(stream(said) + stream(idr), is_keyframe=True)[0]
