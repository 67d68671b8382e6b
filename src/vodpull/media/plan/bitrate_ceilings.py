"""
How many bits are worth spending on a source that has few itself. Pure.

Below its own rate, an encode at a constant quality spends bits on the traces of the encode before. The constants were
measured by `benchmarks/rates.py`: docs/benchmarks.md. `ladder.py` applies them, and lets no rung have more than the
next larger one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from vodpull.media.inspect.media_info import VideoStream
from vodpull.media.plan.template import VideoCodec

BITS: Mapping[str, float] = {
    "h264": 0.77,
    "hevc": 0.73,
    "vp9": 0.74,
    "av1": 0.55,
    "vp8": 1.56,
    "mpeg4": 1.59,
    "flv1": 1.74,
    "wmv2": 1.95,
    "mpeg2video": 2.05,
}
"""What a codec takes for the quality for which H.264 at our preset takes 1; of others nothing is known."""
OURS_H264 = 1.0
"""The others are written at about the speed at which sources of theirs are."""
EXPONENT = 0.75
"""Half the pixels need more than half the bits."""
HEADROOM = 1.1
"""So much more than for the same quality: one point of VMAF is lost of a source of the same size."""
STEP = 0.9
"""Ceilings go down in such steps, so that the beginning of a source leads to the same ones as the whole."""
LEAST = 1 / 8
"""Of the template's ceiling: what keyframes of a picture that never moves take, whose source has hardly any."""


def worth_bps(video: VideoStream, *, codec: VideoCodec, size: tuple[int, int]) -> float:
    """Return how many bits a second are worth spending on a picture of a size; infinite: nothing is known."""
    if not video.busiest_bps or video.codec not in BITS:
        return math.inf
    ratio = min(1.0, size[0] * size[1] / (video.display_width_px * video.display_height_px))
    factor = (OURS_H264 if codec == "h264" else BITS[codec]) / BITS[video.codec]
    return video.busiest_bps * factor * float(ratio**EXPONENT) * HEADROOM


def lowered_bps(ceiling_bps: int, worth: float) -> int:
    """Return a template's ceiling, lowered in steps to what is worth spending, but not below its share."""
    if worth >= ceiling_bps:
        return ceiling_bps
    steps = math.ceil(math.log(max(worth, 1.0) / ceiling_bps, STEP))
    return round(ceiling_bps * max(STEP**steps, LEAST))
