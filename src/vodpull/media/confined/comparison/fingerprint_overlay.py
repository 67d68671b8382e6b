"""
What is burnt into a film adds to its fingerprints: a watermark, from the picture itself, and text, as it was drawn.

Whether it can be seen: burnt_in_visibility.py.

Imported by path, by a confined child. Only PyAV, which is handed in, and the standard library.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import mul
from pathlib import Path
from typing import Any

# The picture is looked at in so many columns and rows: a cell of a fingerprint has dozens of them.
GRAIN = 96
# Of text that changes within an instant, cells that differ by more than so much, of 255, tell nothing.
STEADY_LEVELS = 4.0
PIXEL_BYTES = 4

Grains = Sequence[Sequence[tuple[float, float]]]
"""Rows of points, each with its opacity and brightness."""


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """What lies over a fingerprint: for each cell how much of it is covered, and how much light that adds."""

    cover: tuple[float, ...]
    light: tuple[float, ...]

    @cached_property
    def cells(self) -> frozenset[int]:
        """Cells that are covered by anything."""
        return frozenset(at for at, share in enumerate(self.cover) if share)

    def over(self, cells: bytes) -> bytes:
        """Return a fingerprint with it."""
        parts = zip(cells, self.cover, self.light, strict=True)
        return bytes(min(255, round(cell * (1 - share) + light)) for cell, share, light in parts)


class Mark:
    """A watermark of a film: its picture, and how much of what is below it can be seen."""

    def __init__(self, tools: Any, path: Path, *, kind: str, opacity: float) -> None:
        self._tools = tools
        with tools.av.open(
            f"file:{path}", format=f"{kind}_pipe", options={"codec_whitelist": _DECODERS[kind]}
        ) as still:
            frame = next(still.decode(video=0))
        self._grains = _grains(frame, opacity)
        self.over = lru_cache(maxsize=64)(self._over)

    def _over(self, box: tuple[float, float, float, float], wide: float, high: float) -> Overlay:
        """
        Return what lies over a fingerprint.

        `box`: left, top, width and height as shares of a frame, of which the fingerprint shows the middle, `wide` and
        `high` of it.
        """
        return _overlay(self._tools.likeness, self._grains, box, seen=(wide, high))


class Texts:
    """What was drawn as text into a film, alone, at some of its frames."""

    def __init__(self, tools: Any, path: Path, *, numbers: Sequence[int], columns: int, rows: int) -> None:
        """The file has a small picture in RGBA, on black, for each of the frames of these numbers."""
        self._likeness = tools.likeness
        self._content = path.read_bytes()
        self._places = {number: place for place, number in enumerate(numbers)}
        self._columns, self._rows = columns, rows
        self.over = lru_cache(maxsize=64)(self._over)

    def _over(self, frames: range, wide: float, high: float) -> tuple[Overlay, frozenset[int]]:
        """Return what lies over the fingerprints of some frames, and the cells in which it changes meanwhile."""
        size = self._columns * self._rows * PIXEL_BYTES
        starts = [self._places[number] * size for number in frames if number in self._places]
        contents = dict.fromkeys(self._content[start : start + size] for start in starts)
        whole = (0.0, 0.0, 1.0, 1.0)
        first, *others = [
            _overlay(self._likeness, self._lines(content), whole, seen=(wide, high)) for content in contents
        ]
        hidden = frozenset(at for other in others for at in _differing(first, other))
        steady = [at not in hidden for at in range(len(first.cover))]
        return Overlay(cover=tuple(map(mul, first.cover, steady)), light=tuple(map(mul, first.light, steady))), hidden

    def _lines(self, content: bytes) -> list[list[tuple[float, float]]]:
        line = self._columns * PIXEL_BYTES
        return [list(_drawn(content[row * line : (row + 1) * line])) for row in range(self._rows)]


_DECODERS = {"png": "png", "jpeg": "mjpeg"}


def _grains(frame: Any, opacity: float) -> Grains:
    """Return opacity and brightness of a grid of points."""
    small = frame.reformat(width=GRAIN, height=GRAIN, format="rgba", interpolation="AREA", dst_color_range=2)
    plane = small.planes[0]
    content, stride = bytes(plane), plane.line_size
    lines = (content[row * stride : row * stride + 4 * GRAIN] for row in range(GRAIN))
    return [
        [(alpha / 255 * opacity, _brightness(red, green, blue)) for red, green, blue, alpha in _points(line)]
        for line in lines
    ]


def _drawn(line: bytes) -> Iterator[tuple[float, float]]:
    """Give opacity and brightness of the points of a line that was drawn on black."""
    for red, green, blue, alpha in _points(line):
        yield alpha / 255, min(255.0, _brightness(red, green, blue) * 255 / max(1, alpha))


def _points(line: bytes) -> Iterator[tuple[int, int, int, int]]:
    return zip(line[::4], line[1::4], line[2::4], line[3::4], strict=True)


def _brightness(red: int, green: int, blue: int) -> int:
    return (54 * red + 183 * green + 19 * blue) >> 8


def _differing(one: Overlay, other: Overlay) -> Iterator[int]:
    """Give the cells in which two overlays are not the same."""
    for at, (covers, lights) in enumerate(
        zip(zip(one.cover, other.cover, strict=True), zip(one.light, other.light, strict=True), strict=True)
    ):
        if max(255 * abs(covers[0] - covers[1]), abs(lights[0] - lights[1])) > STEADY_LEVELS:
            yield at


def _overlay(
    likeness: Any, grains: Grains, box: tuple[float, float, float, float], *, seen: tuple[float, float]
) -> Overlay:
    left, top, width, height = box
    across, down = len(grains[0]), len(grains)
    columns = [_cell(left + (at + 0.5) / across * width, seen[0], likeness.COLUMNS) for at in range(across)]
    rows = [_cell(top + (at + 0.5) / down * height, seen[1], likeness.ROWS) for at in range(down)]
    share = width / seen[0] * likeness.COLUMNS * height / seen[1] * likeness.ROWS / (across * down)
    cover, light = [0.0] * likeness.CELLS, [0.0] * likeness.CELLS
    for row, line in zip(rows, grains, strict=True):
        for column, (opaque, bright) in zip(columns, line, strict=True):
            if opaque and row is not None and column is not None:
                cover[row * likeness.COLUMNS + column] += opaque * share
                light[row * likeness.COLUMNS + column] += opaque * bright * share
    return Overlay(cover=tuple(min(1.0, value) for value in cover), light=tuple(light))


def _cell(at: float, seen: float, cells: int) -> int | None:
    """Return the cell of a place of the frame; None: it is beside what is seen."""
    inside = math.floor((at - (1 - seen) / 2) / seen * cells)
    return inside if 0 <= inside < cells else None
