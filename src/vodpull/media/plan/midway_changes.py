"""
What is true of a whole source, where its beginning says otherwise: size, rotation, interlacing, rate. Pure.

How they are found: `confined/packet_survey.py`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from vodpull.errors import MediaUnsupported
from vodpull.media.inspect.ask_survey import Survey
from vodpull.media.inspect.media_info import MediaInfo, VideoStream
from vodpull.media.plan.picture_conversion import Picture

# By so many pictures, one that turns on its way may turn late.
_MAX_HELD_AT_TURN = 2


def settled(info: MediaInfo, survey: Survey | None) -> MediaInfo:
    """Return the facts of a source by which its encode is planned: those of its header, mended by all its packets."""
    if survey is None or info.video is None:
        return info
    video = replace(
        _in_longest(info.video, survey),
        interlaced=info.video.interlaced or survey.interlaced,
        nominal_frame_rate=survey.rate or info.video.nominal_frame_rate,
        busiest_bps=info.video.busiest_bps or survey.busiest_bps,
    )
    return replace(info, video=video)


def followed(picture: Picture, video: VideoStream, survey: Survey | None) -> Picture:
    """
    Return what follows a picture that changes on its way.

    Raises:
        MediaUnsupported: It is turned otherwise on its way, in a film whose pictures must be held for long.
    """
    turned = survey is not None and len(set(turns(video, survey))) > 1
    if turned and picture.hold_frames > _MAX_HELD_AT_TURN:
        # A graph that ends where the picture turns holds its last one there, too.
        problem = "has few pictures a second, or ends before its sound"
        raise MediaUnsupported(f"the picture is turned otherwise on its way, in a film that {problem}")
    return replace(picture, fit=shown_shapes(video, survey), turns=turned)


def shown_shapes(video: VideoStream, survey: Survey | None) -> tuple[tuple[float, float], ...]:
    """Return when each shape begins and its width to its height as shown; empty: there is only one."""
    if survey is None or len(survey.shapes) < 2:  # noqa: PLR2004 - a change
        return ()
    if len({replace(shape, start_s=0, frames=0, pix_fmt="") for shape in survey.shapes}) == 1:
        return tuple((shape.start_s, video.display_width_px / video.display_height_px) for shape in survey.shapes)
    turned = [bool(rotation % 180) for rotation, _ in turns(video, survey)]
    aspects = [
        shape.width_px * shape.sample_aspect[0] / (shape.height_px * shape.sample_aspect[1]) for shape in survey.shapes
    ]
    return tuple(
        (shape.start_s, 1 / aspect if lies else aspect)
        for shape, aspect, lies in zip(survey.shapes, aspects, turned, strict=True)
    )


def turns(video: VideoStream, survey: Survey) -> tuple[tuple[int, bool], ...]:
    """Return by how many degrees the pictures of each shape are turned, and whether they are mirrored."""
    own = (video.rotation_deg, video.mirrored)
    said = tuple((shape.rotation_deg, shape.mirrored) for shape in survey.shapes)
    # What a container says counts for all of them.
    return said if own in said else (own,) * len(said)


def _in_longest(video: VideoStream, survey: Survey) -> VideoStream:
    """
    Return the video with the shape that is shown longest, of about equally long ones the largest.

    One that is turned by its container, or cropped, keeps the shape of its header.
    """
    turned = {rotation % 180 for rotation, _ in turns(video, survey)}
    by_container = len(turned) < 2 and video.rotation_deg  # noqa: PLR2004 - a change
    if len(survey.shapes) < 2 or by_container or any(video.crop):  # noqa: PLR2004 - a change
        return video
    frames: Counter[tuple[int, int, tuple[int, int], bool]] = Counter()
    for shape, (rotation, _) in zip(survey.shapes, turns(video, survey), strict=True):
        frames[shape.width_px, shape.height_px, shape.sample_aspect, bool(rotation % 180)] += shape.frames
    tenth = max(1.0, frames.total() / 10)
    width, height, (across, down), lies = max(
        frames, key=lambda shape: (round(frames[shape] / tenth), shape[0] * shape[1])
    )
    shown = (max(1, round(width * across / down)), height)
    return replace(
        video,
        width_px=width,
        height_px=height,
        sample_aspect=(across, down),
        display_width_px=shown[lies],
        display_height_px=shown[not lies],
    )
