"""
A decoded picture as a viewer sees it, very small: upright, with square pixels, in its own colours.

Imported by path, by a confined child. Only PyAV, which is handed in, and the standard library.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

# PQ and HLG (ITU-T H.273).
HDR_TRANSFERS = {16, 18}
# Numbers of ITU-T H.273 to those of FFmpeg's scaler.
MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
HD_SHORT_SIDE_PX = 720
UPRIGHT = (1, 0, 0, 1)
MATRIX_BYTES = 36
# Of a picture of which only a part counts, each cell is looked at in so many columns and rows.
FINE = 4
# Bars may begin later by rounding and by the encoder: half a cell to its edge, and a whole one.
EDGE = 3
# Shapes that differ by less are rounding.
SAME_SHAPE = 0.02


Stretch = tuple[float, float]
"""A part of a width or a height: where it begins and how much it has, as shares."""

Scaled = Callable[[tuple[int, int]], bytes]
"""Luma of a picture in so many columns and rows."""


@dataclass(frozen=True)
class Sight:
    """A picture as a viewer sees it, very small."""

    at_s: float
    cells: bytes
    shape: float
    """Width over height."""
    hdr: bool
    beside: float = 0.0
    """Mean brightness where bars must be, of 255."""


class Look:
    """How the pictures of one stream are seen: upright, with square pixels, in the colours that they name."""

    def __init__(self, tools: Any, stream: Any) -> None:
        self._tools = tools
        self.stream = stream
        self._crop = tools.display.container_crop(stream)
        self._matrix = b""
        # One for all pictures: to prepare it takes longer than to scale one.
        self._scaler = tools.av.video.reformatter.VideoReformatter()

    def hear(self, frame: Any) -> None:
        """Take from a picture how it is turned: a bitstream says it with some, for those that follow as well."""
        said = (bytes(data) for data in frame.side_data if data.type.name == "DISPLAYMATRIX")
        self._matrix = next(said, self._matrix)

    def sight(
        self, at_s: float, frame: Any, *, inside: float | None = None, covered: frozenset[int] = frozenset()
    ) -> Sight:
        """
        Return the fingerprint of a decoded picture.

        `inside`: width over height of what lies in the middle of it, with bars around, which need not be dark where
        cells of the frame are `covered`.
        """
        self.hear(frame)
        turn = _turn(self._matrix)
        lies = not turn[0]
        columns, rows = self._tools.likeness.COLUMNS, self._tools.likeness.ROWS
        size = (rows, columns) if lies else (columns, rows)
        left, top, right, bottom = self._crop
        width, height = frame.width - left - right, frame.height - top - bottom
        aspect = self._tools.display.sample_aspect(self.stream)
        shape = width * aspect[0] / aspect[1] / height
        wide, high = shares(shape, inside or shape)
        across = _place(frame.width, first=left, length=width, inside=wide)
        down = _place(frame.height, first=top, length=height, inside=high)
        cells = self._part(frame, size, (across, down))
        barred = min(wide, high) < 1
        seen = Sight(
            at_s=at_s,
            cells=_turned(cells, size, turn),
            shape=1 / shape if lies else shape,
            hdr=(frame.color_trc or self.stream.codec_context.color_trc) in HDR_TRANSFERS,
            beside=_beside(self._scaled(frame), size, (wide, high), covered=covered) if barred else 0.0,
        )
        self._tools.tidy()
        return seen

    def _scaled(self, frame: Any) -> Scaled:
        return partial(_luma, self._scaler, frame)

    def _part(self, frame: Any, size: tuple[int, int], places: tuple[Stretch, Stretch]) -> bytes:
        """Return a part of a picture in cells: where it begins across and down, and how much of it, as shares."""
        luma = self._scaled(frame)
        if set(places) == {(0.0, 1.0)}:
            return luma(size)
        fine = [-int(-FINE * cells // share) for cells, (_, share) in zip(size, places, strict=True)]
        covers = [self._tools.likeness.covered(*of) for of in zip(size, fine, places, strict=True)]
        averaged: bytes = self._tools.likeness.averaged(luma((fine[0], fine[1])), *covers, wide=fine[0])
        return averaged


def shares(frame: float, inside: float) -> tuple[float, float]:
    """Return how much of its width and height a frame leaves to a picture of another shape."""
    if abs(inside / frame - 1) <= SAME_SHAPE:
        return 1.0, 1.0
    return min(1.0, inside / frame), min(1.0, frame / inside)


def _beside(
    luma: Scaled, size: tuple[int, int], inside: tuple[float, float], *, covered: frozenset[int] = frozenset()
) -> float:
    """Return the mean brightness beside the middle of a picture, but for its edge and for `covered` cells."""
    columns, rows = FINE * size[0], FINE * size[1]
    cells = luma((columns, rows))
    beyond_x, beyond_y = inside[0] * columns + EDGE, inside[1] * rows + EDGE
    outside = [
        cells[row * columns + column]
        for row in range(rows)
        for column in range(columns)
        if (abs(2 * column + 1 - columns) >= beyond_x or abs(2 * row + 1 - rows) >= beyond_y)
        and row // FINE * size[0] + column // FINE not in covered
    ]
    return sum(outside) / max(1, len(outside))


def _place(coded: int, *, first: int, length: int, inside: float) -> Stretch:
    """Return where a picture lies within coded pixels that leave it so much; bars begin and end at even ones."""
    own = length if inside == 1.0 else 2 * round(inside * length / 2)
    return (first + (length - own) // 4 * 2) / coded, own / coded


def _luma(scaler: Any, frame: Any, size: tuple[int, int]) -> bytes:
    matrix = MATRICES.get(frame.colorspace) or (1 if min(frame.width, frame.height) >= HD_SHORT_SIDE_PX else 5)
    full = frame.color_range == 2 or frame.format.name.startswith("yuvj")  # noqa: PLR2004 - H.273's number
    # The scaler keeps the two fields of a frame apart.
    fields = 2 if frame.interlaced_frame else 1
    small = scaler.reformat(
        frame,
        width=size[0],
        height=size[1] * fields,
        format="rgb24",
        interpolation="AREA",
        src_colorspace=matrix,
        src_color_range=2 if full else 1,
        dst_color_range=2,
    )
    plane = small.planes[0]
    content, stride, wide = bytes(plane), plane.line_size, 3 * size[0]
    rows = [_weighed(content[row * stride : row * stride + wide]) for row in range(small.height)]
    return b"".join(map(_mixed, rows[::2], rows[1::2]) if fields > 1 else rows)


def _weighed(row: bytes) -> bytes:
    # Weights of BT.709, of 256.
    return bytes(
        [
            (54 * red + 183 * green + 19 * blue) >> 8
            for red, green, blue in zip(row[::3], row[1::3], row[2::3], strict=True)
        ]
    )


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes((upper + lower) // 2 for upper, lower in zip(one, other, strict=True))


def _turn(matrix: bytes) -> tuple[int, int, int, int]:
    """Return how a player turns and mirrors the picture: the signs of its display matrix."""
    if len(matrix) < MATRIX_BYTES:
        return UPRIGHT
    numbers = array("i", matrix[:MATRIX_BYTES])
    own_x, own_y, other_x, other_y = ((number > 0) - (number < 0) for number in (*numbers[:2], *numbers[3:5]))
    if abs(own_x) + abs(own_y) != 1 or abs(own_x) != abs(other_y) or abs(own_y) != abs(other_x):
        raise ValueError("the picture is not turned by a right angle")
    return own_x, own_y, other_x, other_y


def _turned(cells: bytes, size: tuple[int, int], turn: tuple[int, int, int, int]) -> bytes:
    if turn == UPRIGHT:
        return cells
    wide, high = size
    own_x, own_y, other_x, other_y = turn
    columns, rows = (wide, high) if own_x else (high, wide)
    turned = bytearray(len(cells))
    for row in range(rows):
        for column in range(columns):
            # The matrix leads from the coded picture to the shown one; this is the way back, around the middle.
            x, y = 2 * column + 1 - columns, 2 * row + 1 - rows
            left, top = own_x * x + own_y * y, other_x * x + other_y * y
            turned[row * columns + column] = cells[(top + high - 1) // 2 * wide + (left + wide - 1) // 2]
    return bytes(turned)
