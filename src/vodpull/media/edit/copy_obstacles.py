"""Why the picture of a clip or a join cannot be a copy of its source, and has to be encoded. Pure."""

from __future__ import annotations

from vodpull.media.edit.edit_request import Container, EditOrder, EditSource
from vodpull.media.inspect.ask_survey import Survey
from vodpull.media.inspect.media_info import MediaInfo, VideoStream
from vodpull.media.plan.copy_rules import UNEVEN_S, picture_obstacle
from vodpull.media.plan.cuts.frame_rate import exact_rate, shown_rate
from vodpull.media.plan.midway_changes import settled
from vodpull.media.tolerances import IN_STEP_S

COPIED: dict[Container, frozenset[str]] = {
    "mp4": frozenset({"h264", "hevc"}),
    "m3u8": frozenset({"h264", "hevc"}),
    "flv": frozenset({"h264"}),
}


def copy_obstacle(source: EditSource, order: EditOrder, *, is_join: bool) -> str:
    """Return why a picture cannot be copied, as far as its own packets say; empty: nothing speaks against it."""
    info = settled(source.info, source.survey)
    if not order.may_copy:
        return "an exact cut or another form is asked for"
    if info.video is None or source.survey is None:
        return "there is no picture"
    return _video_obstacle(info, info.video, source.survey, order=order, is_join=is_join)


def _video_obstacle(info: MediaInfo, video: VideoStream, survey: Survey, *, order: EditOrder, is_join: bool) -> str:
    rate = exact_rate(video.nominal_frame_rate)
    apart_s = abs(info.duration_s - float(survey.frames / rate))
    obstacles = {
        f"{order.container} has no place for {video.codec}": video.codec not in COPIED[order.container],
        picture_obstacle(video, info.container) or "": picture_obstacle(video, info.container) is not None,
        "the parameters of the picture change on the way": survey.own_parameters or len(survey.shapes) > 1,
        "some pictures are not to be shown, or have no time": survey.damaged or not survey.frames,
        "the frame rate is not constant": survey.uneven_s > UNEVEN_S or rate != exact_rate(shown_rate(float(rate))),
        "the picture begins later than the sound": abs(survey.start_s) > UNEVEN_S,
        "open groups of pictures": not survey.groups or not all(group.closed for group in survey.groups),
        # In a join, the next one would begin too early or too late.
        "picture and sound are not equally long": is_join and apart_s > max(IN_STEP_S, float(1 / rate)),
    }
    return next((obstacle for obstacle, holds in obstacles.items() if holds), "")
