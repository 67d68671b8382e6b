"""
How alike two stretches of a film look, and how far they lie apart in time. Pure; standard library only.

A confined child imports this file by its path, so it imports nothing of vodpull.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import mul, sub
from typing import Protocol

# A fingerprint is a picture of so many bytes of luma, whatever the shape of the picture was.
COLUMNS, ROWS = 32, 18
CELLS = COLUMNS * ROWS
# What an encoder changes stays far below it; another picture of the same scene is above it.
SAME_LEVELS = 12.0
# More than this is doubtful, and wrong in a film that differs less from one instant to another.
DOUBTFUL_LEVELS, DOUBTFUL_SHARE = 4.0, 0.5
# Of what differs by so much of its contrast, shapes are not where they were.
SHAPE_SHARE = 0.25
# The same where brightness was mapped to another range: what remains after fitting is a share of the contrast.
SAME_SHARE = 0.35
# So much better must another instant fit before the expected one is wrong; of real films, an encode leaves 0.1.
LATER_LEVELS, LATER_SHARE = 0.25, 0.2
# The same for another place of the picture.
BETTER_LEVELS, BETTER_SHARE = 1.0, 0.35
TRIED_STEP = 7  # every seventh cell tells soon what does not fit
# So much of the contrast does an encoder change, or less.
ENCODER_SHARE = 0.03
# Below it, nothing that moves in the source can be told from what an encoder does.
STILL_LEVELS = 1.0
# What stands still is encoded anew at a keyframe, by less than this.
MOVING_LEVELS = 3.0

Sight = tuple[float, bytes]
"""A time in seconds, and the fingerprint of what was seen then."""


@dataclass(frozen=True, kw_only=True)
class SightLikeness:
    """What a comparison of pictures found."""

    levels: float
    """Mean difference of luma at the expected instants, of 255, on the worse side of the middle."""
    wrong: str = ""
    """What differs, in English; empty: nothing."""
    moves: bool = True
    """The source moves there, so that a shift in time would have been seen."""
    fitted: bool = False
    """Brightness was mapped to another range, so `levels` has what that changed."""
    mark: float | None = None
    """How much of the watermark is seen, 1: all of it; None: there is none, or it looks like what is below it."""
    text: float | None = None
    """The same of text that is drawn in."""


class FingerprintOverlay(Protocol):
    """What lies over a fingerprint."""

    @property
    def cells(self) -> frozenset[int]:
        """Cells that are covered by anything."""

    def over(self, cells: bytes) -> bytes:
        """Return a fingerprint with it."""

    def told(self, cells: bytes) -> bytes:
        """Return a fingerprint without what cannot be told."""

    def judged(self, pairs: Sequence[tuple[bytes, bytes]], *, fitted: bool) -> tuple[Mapping[str, float | None], str]:
        """Return how much of each thing is seen, and what is wrong, of what is shown and what is below it."""


def compare_sights(
    shown: Sequence[Sight],
    source: Sequence[Sight],
    *,
    frame_s: float,
    fitted: bool,
    share: float = 1.0,
    overlay: FingerprintOverlay | None = None,
) -> SightLikeness:
    """
    Compare what is shown with what the source shows around the same instants, both in order.

    `frame_s`: how long one shown picture stays; one of either side is tolerated. `fitted`: brightness was mapped to
    another range, so it is fitted first. `share`: so much of the width or height of its frame a picture has; a smaller
    one shows less, and differs more. `overlay`: lies over what is shown, and must.
    """
    if not shown:
        return SightLikeness(levels=255.0, wrong="no picture is shown", moves=False)
    if not source:
        return SightLikeness(levels=0.0, moves=False)
    if fitted:
        source = _fitted(shown, source, frame_s, covered=overlay.cells if overlay else frozenset())
    bare = source
    if overlay:
        source = [(time, overlay.over(known)) for time, known in source]
        shown = [(time, overlay.told(seen)) for time, seen in shown]
    times = [time for time, _ in source]
    near = [_span(times, time, frame_s) for time, _ in shown]
    costs = [[apart(seen, known) for _, known in source] for _, seen in shown]
    expected = [min(row[first : last + 1]) for row, (first, last) in zip(costs, near, strict=True)]
    levels = _worse(expected)
    excess = _worse([cost - min(row) for cost, row in zip(expected, costs, strict=True)])
    wrong = ""
    if excess > LATER_LEVELS + LATER_SHARE * (levels - excess):
        late_s = _mean(time - times[row.index(min(row))] for (time, _), row in zip(shown, costs, strict=True))
        wrong = f"the picture shows another instant ({1000 * late_s:+.0f} ms)"
    best = [min(range(first, last + 1), key=row.__getitem__) for row, (first, last) in zip(costs, near, strict=True)]
    pairs = [(seen, bare[at][1]) for (_, seen), at in zip(shown, best, strict=True)]
    burnt, missing = overlay.judged(pairs, fitted=fitted) if overlay else ({}, "")
    wrong = (
        _misplaced(shown, source, near, best=levels - excess)
        or wrong
        or _differing(shown, levels * share, fitted=fitted)
        or missing
    )
    moves = _movement(source, near) > STILL_LEVELS
    held = not moves and len(source) >= len(shown)
    if not wrong and held and apart(shown[0][1], shown[-1][1]) > MOVING_LEVELS:
        wrong = "the picture moves where the source does not"
    return SightLikeness(
        levels=round(levels * share, 2),
        wrong=wrong,
        moves=moves,
        fitted=fitted,
        mark=burnt.get("watermark"),
        text=burnt.get("text"),
    )


def _worse(values: Sequence[float]) -> float:
    """Return the mean of the first or of the second half: where chunks meet, one of them may be right."""
    half = -(-len(values) // 2)
    return max(_mean(values[:half]), _mean(values[-half:]))


def _span(times: Sequence[float], time_s: float, frame_s: float) -> tuple[int, int]:
    """Return the first and the last picture of the source that may be shown at a time."""
    slack_s = 1.05 * frame_s
    first = bisect.bisect_right(times, time_s - slack_s) - 1
    last = bisect.bisect_right(times, time_s + slack_s) - 1
    # One picture of the source is tolerated, too, where it stays longer than one that is shown.
    return max(0, first), max(0, last)


def apart(one: bytes, other: bytes) -> float:
    """Return the mean difference of two fingerprints."""
    difference: int = sum(map(abs, map(sub, one, other)))
    return difference / CELLS


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known)


def _movement(source: Sequence[Sight], near: Sequence[tuple[int, int]]) -> float:
    """Return by how much the source changes around the shown instants."""
    here = source[near[len(near) // 2][0]][1]
    return max(apart(here, known) for _, known in source)


def _differing(shown: Sequence[Sight], levels: float, *, fitted: bool) -> str:
    contrast = _mean(_contrast(seen) for _, seen in shown)
    limit = SAME_SHARE * contrast + 2.0 if fitted else min(SAME_LEVELS, max(DOUBTFUL_LEVELS, SHAPE_SHARE * contrast))
    return f"the picture differs by {levels:.0f} of 255 levels" if levels > limit else ""


def _contrast(seen: bytes) -> float:
    middle = sum(seen) / CELLS
    return sum(abs(cell - middle) for cell in seen) / CELLS


def _fitted(shown: Sequence[Sight], source: Sequence[Sight], frame_s: float, *, covered: frozenset[int]) -> list[Sight]:
    """Return the source with the brightness of what is shown: the same order of cells, other values."""
    times = [time for time, _ in source]
    open_cells = [at for at in range(CELLS) if at not in covered]
    ranked = sorted(source[_span(times, time, frame_s)[1]][1][at] for time, _ in shown for at in open_cells)
    wanted = sorted(seen[at] for _, seen in shown for at in open_cells)
    table = bytearray(256)
    for level in range(256):
        middle = (bisect.bisect_left(ranked, level) + bisect.bisect_right(ranked, level)) // 2
        table[level] = wanted[min(middle, len(wanted) - 1)]
    return [(time, seen.translate(bytes(table))) for time, seen in source]


def _misplaced(shown: Sequence[Sight], source: Sequence[Sight], near: Sequence[tuple[int, int]], *, best: float) -> str:
    """Return how the picture was turned, cut or stretched, if it fits better then than at any instant (`best`)."""
    at = len(shown) // 2
    (first, last), seen = near[at], shown[at][1]
    if best < max(STILL_LEVELS, ENCODER_SHARE * _contrast(seen)):
        return ""
    known = sorted((cells for _, cells in source[first : last + 1]), key=lambda cells: apart(seen, cells))
    # A picture that is turned may be nearest to a wrong one; a little cut, it is not.
    tried = known if best > DOUBTFUL_LEVELS else known[:1]
    limit = (best - BETTER_LEVELS) / (1 + BETTER_SHARE)
    fits = {name: min(_apart_at(seen, cells, place, limit=limit) for cells in tried) for name, place in PLACES.items()}
    name = min(fits, key=fits.__getitem__)
    return f"the picture is {name}" if fits[name] < limit else ""


def _apart_at(seen: bytes, known: bytes, place: Place, *, limit: float) -> float:
    """Return how far apart two fingerprints are with one in another place; infinite: some cells rule it out."""
    some = sum(map(abs, map(sub, seen[::TRIED_STEP], placed(known, place, step=TRIED_STEP)))) / CELLS
    return apart(seen, placed(known, place)) if some < limit else math.inf


def is_lost(levels: float, own: bytes, others: Sequence[bytes]) -> bool:
    """Tell whether a picture is about as far from the source (`own`) as the source is from itself at other instants."""
    if levels < DOUBTFUL_LEVELS or not others:
        return False
    return levels > DOUBTFUL_SHARE * _mean(apart(own, other) for other in others)


Place = Callable[[float, float], tuple[float, float]]
"""From a point of the wrong picture to the point of the right one that is seen there; both from -1 to 1."""


@cache
def _zoomed(wide: float, high: float, *, right: float = 0.0, down: float = 0.0) -> Place:
    return lambda x, y: (wide * x + right, high * y + down)


PLACES: dict[str, Place] = {
    "mirrored": lambda x, y: (-x, y),
    "upside down": lambda x, y: (x, -y),
    "turned by half": lambda x, y: (-x, -y),
    "turned": lambda x, y: (y, -x),
    "turned to the left": lambda x, y: (-y, x),
    "cropped": _zoomed(0.9, 0.9),
    "cropped a little": _zoomed(0.95, 0.95),
    "cropped by much": _zoomed(0.75, 0.75),
    "cropped at the sides": _zoomed(0.92, 1.0),
    "cropped at much of the sides": _zoomed(0.75, 1.0),
    "cropped above and below": _zoomed(1.0, 0.92),
    "cropped much above and below": _zoomed(1.0, 0.75),
    "cropped on the right": _zoomed(0.94, 1.0, right=-0.06),
    "cropped on the left": _zoomed(0.94, 1.0, right=0.06),
    "cropped below": _zoomed(1.0, 0.94, down=-0.06),
    "cropped above": _zoomed(1.0, 0.94, down=0.06),
    "smaller than it should": _zoomed(1.1, 1.1),
    "much smaller than it should": _zoomed(1.33, 1.33),
    "narrower than it should": _zoomed(1.1, 1.0),
    "much narrower than it should": _zoomed(1.33, 1.0),
    "lower than it should": _zoomed(1.0, 1.1),
    "much lower than it should": _zoomed(1.0, 1.33),
    "shifted to the right": _zoomed(1.0, 1.0, right=-0.08),
    "shifted to the left": _zoomed(1.0, 1.0, right=0.08),
    "shifted down": _zoomed(1.0, 1.0, down=-0.12),
    "shifted up": _zoomed(1.0, 1.0, down=0.12),
}  # fmt: skip


def placed(known: bytes, place: Place, *, step: int = 1) -> bytes:
    """Return each `step`th cell as it would be with the picture in another place; black where there is none."""
    sampling = _sampling(place, step)
    weighed = [map(mul, map(known.__getitem__, corner), weights) for corner, weights in zip(*sampling, strict=True)]
    return bytes(map(round, map(sum, zip(*weighed, strict=True))))


Corners = tuple[list[int], list[int], list[int], list[int]]
Weights = tuple[list[float], list[float], list[float], list[float]]


@lru_cache(maxsize=128)
def _sampling(place: Place, step: int) -> tuple[Corners, Weights]:
    """Return for each `step`th cell the four cells around the point seen there, and how much each of them counts."""
    corners: Corners = ([], [], [], [])
    weights: Weights = ([], [], [], [])
    for cell in range(0, CELLS, step):
        row, column = divmod(cell, COLUMNS)
        x, y = place((2 * column + 1) / COLUMNS - 1, (2 * row + 1) / ROWS - 1)
        at_x, at_y = (x + 1) * COLUMNS / 2 - 0.5, (y + 1) * ROWS / 2 - 0.5
        inside_x, inside_y = min(max(at_x, 0.0), COLUMNS - 1.001), min(max(at_y, 0.0), ROWS - 1.001)
        # Half a cell beyond the middle of the outermost ones, the picture ends.
        there = max(abs(inside_x - at_x), abs(inside_y - at_y)) <= 0.51  # noqa: PLR2004
        at = int(inside_y) * COLUMNS + int(inside_x)
        right, low = inside_x % 1, inside_y % 1
        shares = ((1 - right) * (1 - low), right * (1 - low), (1 - right) * low, right * low)
        for number, beyond in enumerate((0, 1, COLUMNS, COLUMNS + 1)):
            corners[number].append(at + beyond)
            weights[number].append(shares[number] * there)
    return corners, weights


Covered = list[list[tuple[int, float]]]
"""For each cell the finer ones that it covers, and how much each of them counts."""


def averaged(fine: bytes, columns: Covered, rows: Covered, *, wide: int) -> bytes:
    """
    Return cells of a part of a finer picture, `wide` cells in a row: each the mean of what it covers of them.

    Fractions at its edges are included: rounded, they would shift shapes by an eighth of a cell.
    """
    found = bytearray()
    for lines in rows:
        mixed = [0.0] * wide
        for row, weight in lines:
            mixed = [before + weight * cell for before, cell in zip(mixed, fine[row * wide :], strict=False)]
        found += bytes(round(sum(mixed[at] * weight for at, weight in places)) for places in columns)
    return bytes(found)


@lru_cache(maxsize=32)
def covered(cells: int, whole: int, part: tuple[float, float]) -> Covered:
    """Return what cells cover of a finer row, of which they are a part: the share where it begins, and that it has."""
    first, share = part
    length = share * whole / cells
    found = []
    for cell in range(cells):
        begin = first * whole + cell * length
        end = min(begin + length, float(whole))
        inside = range(int(begin), min(math.ceil(end), whole))
        found.append([(at, (min(at + 1, end) - max(at, begin)) / (end - begin)) for at in inside])
    return found
