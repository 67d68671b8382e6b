"""The shapes of the calls about videos, for the OpenAPI document; the calls themselves read and write them."""

from __future__ import annotations

from pydantic import BaseModel

from vodpull.api.cloudvod.schemas import Shapes, WireEmptyReply, WireParameters, WireReply


class WireVideoListParameters(WireParameters):
    """Parameters of getVideoList; filters are joined by "and"."""

    videoId: str = ""
    """Id of the one video."""
    videoName: str = ""
    """Any part of it; letter case does not count."""
    videoStatus: int | None = None
    """0 enabled, 1 blocked."""
    transcodeState: int | None = None
    """1 encoded, 2 not encoded, 3 being encoded, 4 failed."""
    videoClassification: str = ""
    """Names of subcategories, a comma between: any of them."""
    startTime: str = ""
    """`yyyy-MM-dd HH:mm:ss`, inclusive."""
    endTime: str = ""
    """`yyyy-MM-dd HH:mm:ss`, inclusive."""
    createUser: str = ""
    """Names of accounts, a comma between; only the caller's own may be asked for."""
    listOrder: int = 0
    """0 newest first, 1 oldest first."""
    pageIndex: int = 1
    """From 1."""
    pageSize: int = 10
    """1 to 50; times pageIndex at most 100000."""


class WireVideoEditParameters(WireParameters):
    """Parameters of videoEdit; what is absent or empty stays as it is."""

    videoId: str
    """Id of the video."""
    videoName: str = ""
    """At most 40 characters."""
    videoDescription: str = ""
    """At most 200 characters."""
    categoryNames: str = ""
    """JSON list of `{"parentName","childName"}`, as it is or as base64: all labels from now on; `[]` removes them."""
    videoClassification: str = ""
    """Names of subcategories, a comma between; only without categoryNames."""
    publishDomain: str = ""
    """One of the installation's."""
    playerId: str = ""
    """At most 64 characters, kept and shown, without effect."""


class WireVideoParameters(WireParameters):
    """Parameters of videoBlock and videoEnable."""

    videoId: str
    """Id of the video."""


class WireDeleteVideoParameters(WireParameters):
    """Parameters of deleteVideo."""

    videoId: str
    """Id of the video."""
    validateOccupy: int = 1
    """1: refuse while it is being encoded; 0: stop that."""
    isAsync: int = 1
    """0: answer when the files are gone, at the latest after 30 s."""
    onlyDeleteSource: int = 0
    """1: the original alone."""
    notifyUrl: str = ""
    """Where the end of the deletion is posted to."""


class WirePublishCodeParameters(WireParameters):
    """Parameters of getPublishCode."""

    videoId: str
    """Id of the video."""
    codeType: int = 0
    """0 all, 4 files, 5 adaptive; 2, 6, 7 and 8 are empty."""


class WireTransCodeParameters(WireParameters):
    """Parameters of transCode."""

    videoIds: str
    """1 to 50, a comma between."""
    transCodeTemplateName: str = ""
    """Name of a template; without one the installation's default."""
    transCodeTemplateId: str = ""
    """Goes before the name."""


class WireStartWorkflowParameters(WireParameters):
    """Parameters of startWorkflow."""

    targetId: str
    """Id of the video."""
    transNo: str
    """1 to 32 characters, once in an account for good."""
    workflowId: str
    """Name of a template."""


class WireVideoResolution(BaseModel):
    """The original, or one definition."""

    clarity: int
    serverType: int
    height: int
    width: int
    fileSize: int


class WireVideoRecord(BaseModel):
    """One video."""

    videoName: str
    videoId: str
    createUser: str
    encrypt: int
    videoSize: str
    videoDuration: str
    createTime: str
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


class WireVideoPage(BaseModel):
    """A page of videos."""

    videoTotal: int
    """Rows of this page."""
    videoListInfo: list[WireVideoRecord]


class WireDeviceUrls(BaseModel):
    """The files for one kind of device."""

    urlType: str
    originUrl: str
    fluentUrl: str
    sdUrl: str
    highUrl: str
    hdPullUrl: str


class WirePublishCode(BaseModel):
    """Where a video plays."""

    videoId: str
    encrypt: int
    swfCode: str
    htmlCode: str
    jsCode: str
    autoCode: str
    customCode: str
    tryWatchAutoCode: str
    videoUrl: list[WireDeviceUrls]
    tryWatchVideoUrl: list[WireDeviceUrls]


class WireDeletionTask(BaseModel):
    """The task of an asynchronous deletion."""

    taskId: str


class WireVideoListReply(WireReply):
    """Reply of getVideoList."""

    data: WireVideoPage | None = None


class WireDeleteVideoReply(WireReply):
    """Reply of deleteVideo; without a task when it was waited for."""

    data: WireDeletionTask | str | None = None


class WirePublishCodeReply(WireReply):
    """Reply of getPublishCode."""

    data: WirePublishCode | None = None


class WireStartWorkflowReply(BaseModel):
    """Reply of startWorkflow, without an envelope."""

    id: str


VIDEO_SHAPES: dict[str, Shapes] = {
    "/vod/videoManage/getVideoList": (WireVideoListParameters, WireVideoListReply),
    "/vod/videoManage/videoEdit": (WireVideoEditParameters, WireReply),
    "/vod/videoManage/videoBlock": (WireVideoParameters, WireEmptyReply),
    "/vod/videoManage/videoEnable": (WireVideoParameters, WireEmptyReply),
    "/vod/videoManage/deleteVideo": (WireDeleteVideoParameters, WireDeleteVideoReply),
    "/vod/videoManage/getPublishCode": (WirePublishCodeParameters, WirePublishCodeReply),
    "/vod/videoManage/transCode": (WireTransCodeParameters, WireEmptyReply),
    "/workflow/startWorkflow": (WireStartWorkflowParameters, WireStartWorkflowReply),
}
"""By path."""
