"""
Where a film is cut into segments, which players fetch. Pure.

How long one is, says the key `segment_s` of a template (`template.py`); of how many a chunk has, `chunk_lengths.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from vodpull.media.inspect.ask_survey import Group

# Segments of a copied rung begin at keyframes that somebody else chose: so much shorter or longer than planned.
MIN_SEGMENT, MAX_SEGMENT = 0.5, 2.0
# Of a frame: what sums of binary fractions are off by.
FUZZ = 1e-4


def frames_in(duration_s: float, rate: Fraction) -> int:
    """Return how many frames a film has on the grid of the output: FFmpeg rounds half a frame up."""
    return max(1, math.floor(duration_s * rate + 0.5 + FUZZ))


def frames_per_segment(segment_s: float, rate: Fraction) -> int:
    """Return how many frames a segment of this length has, where no keyframes of the source say otherwise."""
    return max(1, round(segment_s * rate))


def regular_cuts(frames_total: int, gop_frames: int) -> tuple[int, ...]:
    """Return the frames at which segments of the same length begin."""
    return tuple(range(0, frames_total, gop_frames))


def cuts_at_keyframes(
    groups: Sequence[Group], frames_total: int, rate: Fraction, *, segment_s: float
) -> tuple[int, ...] | None:
    """
    Return the keyframes of a source that its segments begin with, about as far apart as a segment is long.

    None: at some place there is no closed group within reach.
    """
    starts = [group.first_frame for group in groups if group.closed]
    if starts[:1] != [0]:
        return None
    cuts = [0]
    length = segment_s * rate
    # A rest of up to half a segment more is no reason for a short last one.
    while frames_total - cuts[-1] > 1.5 * length:
        near = [at for at in starts if MIN_SEGMENT * length <= at - cuts[-1] <= MAX_SEGMENT * length]
        if not near and frames_total - cuts[-1] <= MAX_SEGMENT * length:
            break
        if not near:
            return None
        wanted = cuts[-1] + length
        cuts.append(min(near, key=lambda at: abs(at - wanted)))
    return tuple(cuts)


def segment_bytes(groups: Sequence[Group], cuts: Sequence[int]) -> list[int]:
    """Return the size of the picture in each segment of a source."""
    sizes = [0] * len(cuts)
    number = 0
    for group in groups:
        while number + 1 < len(cuts) and group.first_frame >= cuts[number + 1]:
            number += 1
        sizes[number] += group.size_bytes
    return sizes


def segment_frames(cuts: Sequence[int], frames_total: int) -> list[int]:
    """Return the number of frames in each segment."""
    return [after - before for before, after in pairwise([*cuts, frames_total])]
