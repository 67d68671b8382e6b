"""
How a picture is to be shown: cut, turned, mirrored and stretched, as FFmpeg's own command line shows it.

Part of probe.py and partial_probe.py; only PyAV and the standard library.
"""

from __future__ import annotations

import importlib
import io
import math
import struct
from collections.abc import Iterator
from typing import Any

# Elements of Matroska on the way to the cropping of a track, and what is cut at left, top, right and bottom.
MASTERS = frozenset({0x18538067, 0x1654AE6B, 0xAE, 0xE0})
CROPPED = (0x54CC, 0x54BB, 0x54DD, 0x54AA)
# Shapes beyond this are damage, not anamorphic film.
MAX_ASPECT = 8


def display_facts(stream: Any, frames: list[Any]) -> dict[str, Any]:
    """Return what a viewer must see of a stream, judged by its first decoded frames; part of `VideoStream`."""
    context = stream.codec_context
    crop = container_crop(stream)
    width, height = context.width - crop[0] - crop[2], context.height - crop[1] - crop[3]
    if min(width, height) < 1:
        # FFmpeg refuses such a picture, too.
        crop, width, height = (0, 0, 0, 0), context.width, context.height
    aspect = sample_aspect(stream)
    shown = (max(round(width * aspect[0] / aspect[1]), 1), height)
    # A bitstream says it with some of its pictures, for those that follow.
    matrices = (bytes(each) for frame in frames for each in frame.side_data if each.type.name == "DISPLAYMATRIX")
    rotation, mirrored = orientation(next(matrices, b""))
    # By another angle, a picture is turned inside its own frame.
    shown = shown[::-1] if rotation % 180 == 90 else shown  # noqa: PLR2004 - a right angle
    return {
        "sample_aspect": aspect,
        "crop": crop,
        "rotation_deg": rotation,
        "mirrored": mirrored,
        "display_width_px": shown[0],
        "display_height_px": shown[1],
    }


def sample_aspect(stream: Any) -> tuple[int, int]:
    """Return width to height of a pixel."""
    ratio = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    if not ratio or not 1 / MAX_ASPECT <= ratio <= MAX_ASPECT:
        return (1, 1)
    return (ratio.numerator, ratio.denominator)


def orientation(matrix: bytes) -> tuple[int, bool]:
    """
    Return by how many degrees a picture is turned (-90: clockwise), and whether it is mirrored left to right then.

    `matrix` are the nine numbers of FFmpeg's display matrix; a matrix that turns nothing is no bytes at all.
    """
    if len(matrix) != 36:  # noqa: PLR2004 - nine numbers of four bytes
        return 0, False
    a, b, _, c, d, *_ = struct.unpack("=9i", matrix)
    mirrored = a * d - b * c < 0
    a, c = (-a, -c) if mirrored else (a, c)
    if not math.hypot(a, c) or not math.hypot(b, d):
        return 0, False
    angle = -round(math.degrees(math.atan2(b / math.hypot(b, d), a / math.hypot(a, c))))
    return (180 if angle == -180 else angle), mirrored  # noqa: PLR2004 - the same turn


def container_crop(stream: Any) -> tuple[int, int, int, int]:
    """
    Return how many pixels the container cuts off at left, top, right and bottom, before anything is turned.

    PyAV does not show it, but hands it on: it is read from the header of a Matroska file with a copy of the stream.
    """
    av = importlib.import_module("av")
    header = io.BytesIO()
    try:
        with av.open(header, "w", format="matroska") as copy:
            copy.add_stream_from_template(stream)
            copy.start_encoding()
    except (av.FFmpegError, ValueError):
        # Matroska does not know the codec, and MP4, which also tells a crop, has no others.
        return (0, 0, 0, 0)
    found = dict(_numbers(memoryview(header.getvalue())))
    left, top, right, bottom = (found.get(element, 0) for element in CROPPED)
    return (left, top, right, bottom)


def _numbers(data: memoryview) -> Iterator[tuple[int, int]]:
    """Yield the elements of a small Matroska file that say what is cut, with their values."""
    at = 0
    while at < len(data):
        element, at = _variable(data, at, keep_marker=True)
        size, at = _variable(data, at, keep_marker=False)
        # The segment's own size may not be known yet.
        body = data[at : at + size]
        if element in MASTERS:
            yield from _numbers(body)
        elif element in CROPPED:
            yield element, int.from_bytes(body, "big")
        at += size


def _variable(data: memoryview, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """Return a number of variable length, and where it ends."""
    length = 9 - data[at].bit_length()
    number = int.from_bytes(data[at : at + length], "big")
    return (number if keep_marker else number & ~(1 << (7 * length))), at + length
