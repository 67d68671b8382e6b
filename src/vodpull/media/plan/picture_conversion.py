"""
What happens to the frames of a source before they are scaled: crop, deinterlacing, HDR, frame rate. A value; pure.

FFmpeg has turned them upright before that: by how much, and the size that is shown, reads `confined/display.py`; where
it changes on the way, `midway_changes.py` decides. Whether a film is interlaced say `confined/source/probe.py` of its
beginning and `confined/packet_survey.py` of the whole. The filters themselves are in `encode/filters.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from vodpull.media.inspect.media_info import MediaInfo, VideoStream

# The end of the picture may be so far off: a little for the grid, a share for headers that were rounded, and never so
# much that a cut film would be filled up.
MIN_SLACK_S, SLACK_SHARE, MAX_SLACK_S = 0.05, 0.01, 5.0
HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
# From here on, files that do not name their colours mean BT.709; smaller ones come from the world of BT.601.
HD_SHORT_SIDE_PX = 720


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What happens to the decoded frames before they are scaled down."""

    stream_index: int
    rate: str
    """Constant frame rate, as a fraction."""
    deinterlace: bool
    crop_odd: bool
    """Drop the last row or column of a picture with an odd size, which 4:2:0 does not have."""
    hold_frames: int
    """The last frame is repeated so often if need be, because the sound goes on."""
    hdr: bool
    """Map PQ or HLG down to standard range."""
    deep: bool
    """More than 8 bits per component."""
    matrix: str
    transfer: str
    primaries: str
    range: str
    fit: tuple[tuple[float, float], ...] = ()
    """Where shapes change, each is scaled into the frame: when it begins, in seconds, and its width to its height."""
    turns: bool = False
    """It is turned otherwise on the way: FFmpeg's graph begins anew there."""


NO_PICTURE = Picture(
    stream_index=-1,
    rate="25/1",
    deinterlace=False,
    crop_odd=False,
    hold_frames=0,
    hdr=False,
    deep=False,
    matrix="bt709",
    transfer="bt709",
    primaries="bt709",
    range="tv",
)
"""In the plan of a rendition of sound alone, of which no frame is decoded."""


def plan_picture(info: MediaInfo, video: VideoStream, *, rate: Fraction) -> Picture:
    """Return what the frames of this source need."""
    end_s = video.start_s + (video.duration_s or 0.0) - info.start_time_s
    hold_s = max(info.duration_s - end_s, 0.0) if video.duration_s else 0.0
    slack_s = min(max(MIN_SLACK_S, SLACK_SHARE * info.duration_s), MAX_SLACK_S)
    rgb = (video.pix_fmt or "").startswith(("rgb", "bgr", "gbr", "argb", "abgr"))
    full = rgb or video.color_range == "pc" or (video.pix_fmt or "").startswith("yuvj")
    hdr = video.color_transfer in HDR_TRANSFERS
    left, top, right, bottom = video.crop
    return Picture(
        stream_index=video.index,
        rate=f"{rate.numerator}/{rate.denominator}",
        deinterlace=video.interlaced,
        crop_odd=bool((video.width_px - left - right) % 2 or (video.height_px - top - bottom) % 2),
        hold_frames=math.ceil((hold_s + slack_s + _repeated_s(video, rate)) * rate),
        hdr=hdr,
        deep=video.bit_depth > 8,  # noqa: PLR2004 - bits of a byte
        matrix="gbr" if rgb else _matrix(video, hdr=hdr),
        # The curves of BT.601, BT.709 and sRGB are near enough: only HDR is worth a conversion.
        transfer=str(video.color_transfer) if hdr else "bt709",
        primaries=video.color_primaries or ("bt2020" if hdr else "bt709"),
        range="pc" if full else "tv",
    )


def _repeated_s(video: VideoStream, rate: Fraction) -> float:
    """Return how long the last picture is to be repeated, where pictures come more slowly than they go out."""
    return 1 / video.nominal_frame_rate if 2 * video.nominal_frame_rate <= rate else 0.0


def _matrix(video: VideoStream, *, hdr: bool) -> str:
    if video.color_space and video.color_space != "gbr":
        return video.color_space
    if hdr:
        return "bt2020nc"
    return "bt709" if min(video.width_px, video.height_px) >= HD_SHORT_SIDE_PX else "smpte170m"
