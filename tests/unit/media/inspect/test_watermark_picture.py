from __future__ import annotations

import struct
import zlib

import pytest
from tests.pngs import PNG_START, chunk, png

from vodpull.errors import ConfigurationError
from vodpull.media.inspect.watermark_picture import MAX_STILL_BYTES, read_still

LOGO = png(24, 10)
JPEG = b"\xff\xd8\xff\xc0" + struct.pack(">HBHH", 11, 8, 10, 24) + b"\0" * 9 + b"\xff\xd9"

FEW = zlib.compress(b"\0" * 99)


def header(width: int, height: int, depth: int = 8, colour: int = 6) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def test_a_picture_is_known_by_its_content() -> None:
    found = read_still(LOGO)
    assert (found.kind, found.width_px, found.height_px, found.content) == ("png", 24, 10, LOGO)
    assert found.name != read_still(png(24, 10, lambda x, y: (x, y, 0, 255))).name
    assert (read_still(JPEG).kind, read_still(JPEG).width_px, read_still(JPEG).height_px) == ("jpeg", 24, 10)


def test_what_follows_the_end_of_a_picture_is_dropped() -> None:
    assert read_still(LOGO + b"<script>").content == LOGO


BROKEN = {
    "nothing": b"",
    "a page": b"<html>",
    "a GIF": b"GIF89a\1\0\1\0",
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a cut PNG": LOGO[:-20],
    "a PNG with another bit": LOGO[:50] + bytes([LOGO[50] ^ 1]) + LOGO[51:],
    "a PNG without pixels": PNG_START + header(24, 10) + chunk(b"IEND", b""),
    "a PNG with too few pixels": PNG_START + header(24, 10) + chunk(b"IDAT", FEW) + chunk(b"IEND", b""),
    "a PNG of noise": PNG_START + header(24, 10) + chunk(b"IDAT", b"noise") + chunk(b"IEND", b""),
    "a PNG without a header": PNG_START + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b""),
    "a PNG of no known kind": PNG_START + header(24, 10, colour=5) + chunk(b"IEND", b""),
    "a PNG whose length lies": PNG_START + b"\xff\xff\xff\xff" + header(24, 10)[4:],
    "a cut JPEG": JPEG[:-2],
    "a JPEG without a frame": b"\xff\xd8" + b"\0" * 50 + b"\xff\xd9",
    "a picture that is too large": LOGO + b"\0" * MAX_STILL_BYTES,
    "a picture of a line": png(24, 1),
}  # fmt: skip


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_whole_picture_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"^the (picture|file|PNG|JPEG)"):
        read_still(content)


def test_a_bomb_is_refused_by_its_header_and_never_unpacked() -> None:
    bomb = PNG_START + header(60_000, 60_000) + chunk(b"IDAT", zlib.compress(b"\0" * 10**7)) + chunk(b"IEND", b"")
    with pytest.raises(ConfigurationError, match="60000x60000"):
        read_still(bomb)
