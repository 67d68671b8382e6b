"""The shapes of pullVideo and pullVideoQuery, for the OpenAPI document; `requests.py` and `replies.py` do the work."""

from __future__ import annotations

from pydantic import BaseModel

from vodpull.api.cloudvod.schemas import WireParameters, WireReply


class VideoFile(BaseModel):
    """One file of a video."""

    clarity: int
    serverType: int
    bitrate: int
    resolution: str
    fileSize: int
    fileUrl: str


class VideoInfo(BaseModel):
    """What is kept of a source."""

    videoId: str
    duration: int
    videoFileList: list[VideoFile]


class PullItemState(BaseModel):
    """One source of a task."""

    fileName: str
    fetchUrl: str
    md5: str
    pullStatus: int
    cmdStatus: int
    videoInfo: VideoInfo | None = None


class TaskState(BaseModel):
    """Where a task is."""

    taskId: str
    transNo: str
    timestamp: int | str
    status: int
    items: list[PullItemState]


class TaskIds(BaseModel):
    """The ids of an accepted task."""

    taskId: str
    tranNo: str
    transNo: str


class PullReply(WireReply):
    """Reply of pullVideo; a failed call has no `data`."""

    data: TaskIds | None = None


class QueryReply(WireReply):
    """Reply of pullVideoQuery; a failed call has no `data`."""

    data: TaskState | None = None


class WireItem(WireParameters):
    """One source of a pullVideo request."""

    fetchUrl: str
    """Address of the source, http or https."""
    fileName: str = ""
    """Name to keep it under; without one the last part of the address."""
    md5: str = ""
    """What the bytes must have, in hex or base64."""


class WirePull(WireParameters):
    """Parameters of pullVideo, as JSON, form, or query of a GET."""

    fileList: str | list[WireItem]
    """JSON array of items as url-safe base64, or the array itself; at most 50."""
    transNo: str = ""
    """The client's own id of the task, at most 32 characters; without one it gets one."""
    cmd: str = ""
    """`{tcTemplateName:abr}`, quoted or not."""
    workflowId: str = ""
    """Name of a template; goes before `cmd`."""
    notifyUrl: str = ""
    """Where the final state is posted to."""
    separate: int = 0
    """1: a notification for each item; 0: one for the whole task."""
    fetchTs: int = 1
    """1: of a playlist its segments too; 0: the playlist alone."""


class WireQuery(WireParameters):
    """Parameters of pullVideoQuery; `taskId` goes before `transNo`."""

    taskId: str = ""
    """Id from the reply of pullVideo."""
    transNo: str = ""
    """The client's own id; the newest task that has it."""
