"""The picture of a watermark, read whole and checked before anything depends on it. Pure."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from vodpull.errors import ConfigurationError
from vodpull.media.inspect import jpeg

# A logo has some ten kilobytes; it is part of every plan.
MAX_STILL_BYTES = 512 * 1024
MAX_STILL_PIXELS = 4_000_000
MIN_STILL_SIDE_PX = 2
PNG_START = b"\x89PNG\r\n\x1a\n"
# Samples of a pixel, by the colour type of the header (ISO/IEC 15948, table 11.1).
PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PNG_HEADER_BYTES = 13
PNG_DEPTHS = frozenset({1, 2, 4, 8, 16})


@dataclass(frozen=True, kw_only=True)
class StillPicture:
    """A PNG or JPEG file with its size."""

    kind: Literal["png", "jpeg"]
    width_px: int
    height_px: int
    base64: str
    """The bytes of the file."""

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return base64.b64decode(self.base64)

    @property
    def name(self) -> str:
        """A name for a copy of the file, another one for every other content."""
        return f"still-{hashlib.sha256(self.content).hexdigest()[:32]}.{self.kind}"


def read_still(content: bytes) -> StillPicture:
    """
    Return a picture from the bytes of its file.

    Raises:
        ConfigurationError: it is neither PNG nor JPEG, damaged, cut, or too large.
    """
    if len(content) > MAX_STILL_BYTES:
        raise ConfigurationError(f"the picture has more than {MAX_STILL_BYTES // 1024} KiB")
    if content.startswith(PNG_START):
        return _png(content)
    if not content.startswith(jpeg.START):
        raise ConfigurationError("the file is neither a PNG nor a JPEG picture")
    size = jpeg.frame_size(content)
    if size is None or not content.rstrip(b"\0").endswith(jpeg.END):
        raise ConfigurationError("the JPEG picture is damaged, cut, or of a kind that is not decoded here")
    return _still("jpeg", size, content)


def _still(kind: Literal["png", "jpeg"], size: tuple[int, int], content: bytes) -> StillPicture:
    _check_size(size)
    return StillPicture(kind=kind, width_px=size[0], height_px=size[1], base64=base64.b64encode(content).decode())


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_STILL_PIXELS:
        raise ConfigurationError(
            f"the picture has {width}x{height} pixels: at most {MAX_STILL_PIXELS // 10**6} million"
        )
    if min(size) < MIN_STILL_SIDE_PX:
        raise ConfigurationError(f"the picture has {width}x{height} pixels: too small to be seen")


def _png(content: bytes) -> StillPicture:
    """Return a PNG picture after reading all of it; what follows its end is dropped."""
    chunks = list(_chunks(content))
    header = next((data for kind, data, _ in chunks if kind == b"IHDR"), b"")
    packed = b"".join(data for kind, data, _ in chunks if kind == b"IDAT")
    if len(header) != PNG_HEADER_BYTES or header[8] not in PNG_DEPTHS or header[9] not in PNG_SAMPLES:
        raise ConfigurationError("the PNG picture has no header that makes sense")
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    _check_size((width, height))
    _check_pixels(packed, rows=height, row_bits=width * PNG_SAMPLES[header[9]] * header[8])
    return _still("png", (width, height), content[: chunks[-1][2]])


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield kind and data of each chunk up to the end of the picture, and where it ends."""
    at = len(PNG_START)
    while at + 12 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        data, sum_ = content[at + 8 : at + 8 + length], content[at + 8 + length : at + 12 + length]
        if int.from_bytes(sum_, "big") != zlib.crc32(kind + data) or len(sum_) != 4:  # noqa: PLR2004 - a CRC
            break
        at += 12 + length
        yield kind, data, at
        if kind == b"IEND":
            return
    raise ConfigurationError("the PNG picture is damaged or cut")


def _check_pixels(packed: bytes, *, rows: int, row_bits: int) -> None:
    """Make sure that the pixels can be unpacked to as many as the header promises."""
    # Each row begins with the number of its filter; an interlaced picture has more rows, and never twice the bytes.
    least = rows * (-(-row_bits // 8) + 1)
    unpacker = zlib.decompressobj()
    try:
        found = len(unpacker.decompress(packed, 2 * least + rows + 64))
    except zlib.error as error:
        raise ConfigurationError("the PNG picture is damaged or cut") from error
    if found < least:
        raise ConfigurationError("the PNG picture is damaged or cut")
