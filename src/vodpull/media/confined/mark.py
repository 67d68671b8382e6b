"""
What a watermark adds to a fingerprint, from the picture itself.

Imported by path, by a confined child. Only PyAV, which is handed in, and the standard library.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul, sub
from pathlib import Path
from typing import Any

# The picture is looked at in so many columns and rows: a cell of a fingerprint has dozens of them.
GRAIN = 96
# What changes the brightness of no cell by more cannot be told from what an encoder does; the second number counts
# where brightness was mapped to another range. Nor can what is near to what differs in the rest of the picture.
LEVELS, FITTED_LEVELS, NOISE_FACTOR = 5.0, 12.0, 6.0
# So much of what a watermark changes must be changed, and no more than so much.
MISSING, TOO_STRONG = 0.5, 1.6


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """What lies over a fingerprint: for each cell how much of it is covered, and how much light that adds."""

    cover: tuple[float, ...]
    light: tuple[float, ...]

    @property
    def cells(self) -> frozenset[int]:
        """Cells that are covered by anything."""
        return frozenset(at for at, share in enumerate(self.cover) if share)

    def over(self, cells: bytes) -> bytes:
        """Return a fingerprint with it."""
        parts = zip(cells, self.cover, self.light, strict=True)
        return bytes(min(255, round(cell * (1 - share) + light)) for cell, share, light in parts)

    def judged(self, pairs: Sequence[tuple[bytes, bytes]], *, fitted: bool) -> tuple[float | None, str]:
        """
        Return how much of it is seen, 1: all, None: it looks like what is below; and what is wrong, in English.

        `pairs`: fingerprints of what is shown, and of what is below it.
        """
        least, done, due = FITTED_LEVELS if fitted else LEVELS, 0.0, 0.0
        for shown, bare in pairs:
            change = list(map(sub, self.over(bare), bare))
            noise = [abs(one - other) for one, other, share in zip(shown, bare, self.cover, strict=True) if not share]
            if max(map(abs, change)) >= max(least, NOISE_FACTOR * sum(noise) / max(1, len(noise))):
                done += sum(map(mul, map(sub, shown, bare), change))
                due += sum(map(mul, change, change))
        if not due:
            return None, ""
        wrong = "the watermark is missing" if done < MISSING * due else ""
        return round(done / due, 2), wrong or ("the watermark is too strong" if done > TOO_STRONG * due else "")


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
        likeness = self._tools.likeness
        left, top, width, height = box
        columns = [_cell(left + (at + 0.5) / GRAIN * width, wide, likeness.COLUMNS) for at in range(GRAIN)]
        rows = [_cell(top + (at + 0.5) / GRAIN * height, high, likeness.ROWS) for at in range(GRAIN)]
        share = width / wide * likeness.COLUMNS * height / high * likeness.ROWS / GRAIN**2
        cover, light = [0.0] * likeness.CELLS, [0.0] * likeness.CELLS
        for row, line in zip(rows, self._grains, strict=True):
            for column, (opaque, bright) in zip(columns, line, strict=True):
                if row is not None and column is not None:
                    cover[row * likeness.COLUMNS + column] += opaque * share
                    light[row * likeness.COLUMNS + column] += opaque * bright * share
        return Overlay(cover=tuple(min(1.0, value) for value in cover), light=tuple(light))


_DECODERS = {"png": "png", "jpeg": "mjpeg"}


def _grains(frame: Any, opacity: float) -> list[list[tuple[float, int]]]:
    """Return opacity and brightness of a grid of points."""
    small = frame.reformat(width=GRAIN, height=GRAIN, format="rgba", interpolation="AREA", dst_color_range=2)
    plane = small.planes[0]
    content, stride = bytes(plane), plane.line_size
    lines = (content[row * stride : row * stride + 4 * GRAIN] for row in range(GRAIN))
    return [
        [
            (alpha / 255 * opacity, (54 * red + 183 * green + 19 * blue) >> 8)
            for red, green, blue, alpha in zip(*(line[part::4] for part in range(4)), strict=True)
        ]
        for line in lines
    ]


def _cell(at: float, seen: float, cells: int) -> int | None:
    """Return the cell of a place of the frame; None: it is beside what is seen."""
    inside = math.floor((at - (1 - seen) / 2) / seen * cells)
    return inside if 0 <= inside < cells else None
