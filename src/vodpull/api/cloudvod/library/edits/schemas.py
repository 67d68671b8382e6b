"""The shapes of the calls that cut and join, for the OpenAPI document."""

from __future__ import annotations

from pydantic import BaseModel

from vodpull.api.cloudvod.library.videos.schemas import WireVideoResolution
from vodpull.api.cloudvod.schemas import Shapes, WireEmptyReply, WireParameters, WireReply


class WireClipParameters(WireParameters):
    """Parameters of videoClip."""

    transNo: str
    """1 to 32 characters, once in an account for clips."""
    videoId: str
    """Id of the video."""
    seekStart: int
    """Where the section begins, in whole seconds."""
    duration: int
    """Of the section, in whole seconds; one that runs over the end is cut."""
    filename: str
    """Name of the new video, at most 40 characters."""
    suffix: str = "flv"
    """flv or mp4."""
    resolution: str = ""
    """`640x480`, even numbers from 16 to 7680."""
    frameRate: int | None = None
    """1 to 120."""
    videoBitRate: int | None = None
    """1 to 100000 kbit/s."""
    audioBitRate: int | None = None
    """8 to 512 kbit/s."""
    tassamplingRatekId: int | None = None
    """Samples of sound a second; `samplingRate` is the same. FLV takes 44100, 22050 and 11025."""
    enableVideoTranscode: int = 0
    """0: copy the picture where that can be done, from the keyframe before; 1: encode, exactly."""
    notifyUrl: str = ""
    """Where the end is posted to."""


class WireConcatParameters(WireParameters):
    """Parameters of videoConcat."""

    transNo: str
    """1 to 32 characters, once in an account for joins."""
    videoIds: str
    """2 to 50 ids, a comma between, in the order of the new video."""
    filename: str
    """Name of the new video, at most 40 characters."""
    suffix: str = "flv"
    """flv, mp4 or m3u8."""
    dirId: str = ""
    """There are no directories: refused with 1628, or ignored with the switch `ignore-dir-id`."""
    notifyUrl: str = ""
    """Where the end is posted to."""


class WireEditQueryParameters(WireParameters):
    """Parameters of videoClipQuery and videoConcatQuery."""

    transNo: str
    """Of the call that began it."""


class WireEditedVideo(BaseModel):
    """The new video."""

    videoName: str
    videoId: str
    encrypt: int
    videoSize: str
    videoDuration: str
    uploadTime: str
    updateTime: str
    videoDescription: str
    videoClassification: str
    imageUrl: str
    publishDomain: str
    playerName: str
    playerId: str
    videoState: int
    transcodeState: int
    videoSourceCode: int
    videoResolutions: list[WireVideoResolution]


class WireEdit(BaseModel):
    """A clip or a join."""

    taskId: str
    transNo: str
    status: int
    """1 processing, 2 successful, 3 failed."""
    videoInfo: WireEditedVideo | None = None
    """Only with status 2."""


class WireEditQueryReply(WireReply):
    """Reply of videoClipQuery and videoConcatQuery."""

    data: WireEdit | None = None


EDIT_SHAPES: dict[str, Shapes] = {
    "/vod/videoManage/videoClip": (WireClipParameters, WireEmptyReply),
    "/vod/videoManage/videoConcat": (WireConcatParameters, WireEmptyReply),
    "/vod/videoManage/videoClipQuery": (WireEditQueryParameters, WireEditQueryReply),
    "/vod/videoManage/videoConcatQuery": (WireEditQueryParameters, WireEditQueryReply),
}
"""By path."""
