"""
Which frame rate a rendition gets: the source's own, within bounds, and as an exact fraction. Pure.

The source's own is measured in `confined/frame_rates.py`, which knows the standard rates; from all packets, in
`confined/packet_survey.py`. Clips and joins may be asked for another one: `edit/edit_plan.py`, `rate_of`.
"""

from __future__ import annotations

import math
from fractions import Fraction

# Beyond it, more frames cost bits and processor time that no viewer of a web player notices.
MAX_FRAME_RATE = 60.0
MIN_FRAME_RATE = 10
# Where there is no picture, segments are cut on this grid.
SOUND_GRID_HZ = 25.0


def shown_rate(rate: float) -> float:
    """
    Return the rate divided by the smallest whole number that brings it to 60 or below: even steps, no judder.

    A slow one is multiplied instead: pictures are repeated, which costs next to nothing, so that the end of a film
    falls on a frame, and segments of a few seconds have several.
    """
    if rate < MIN_FRAME_RATE:
        return rate * math.ceil(MIN_FRAME_RATE / rate)
    # 59.94 and 60.02 both count as 60.
    return rate / max(1, math.ceil(rate / (1.001 * MAX_FRAME_RATE)))


def exact_rate(rate: float) -> Fraction:
    """Return the rate as FFmpeg should read it: 29.97… becomes 30000/1001."""
    return Fraction(rate).limit_denominator(2002)
