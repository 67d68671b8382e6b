"""The replies of the wire contract as they travel: names and numbers are the contract's."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class WireItem(TypedDict):
    """One source of a pullVideo call."""

    fetchUrl: str
    fileName: NotRequired[str]
    md5: NotRequired[str]


class TaskIds(TypedDict):
    """The ids of an accepted task."""

    taskId: str
    tranNo: str
    transNo: str


class PullReply(TypedDict):
    """Reply of pullVideo."""

    code: int
    message: str
    data: TaskIds


class VideoFile(TypedDict):
    """One file of a video."""

    clarity: int
    serverType: int
    bitrate: int
    """kbit/s."""
    resolution: str
    """`width:height`."""
    fileSize: int
    """Bytes."""
    fileUrl: str
    """Below `/media/`."""


class VideoInfo(TypedDict):
    """What is kept of a source."""

    videoId: str
    duration: int
    """Seconds."""
    videoFileList: list[VideoFile]


class TaskItem(TypedDict):
    """One source of a task."""

    fileName: str
    fetchUrl: str
    md5: str
    pullStatus: int
    """1 in process, 2 successful, 3 failed."""
    cmdStatus: int
    videoInfo: NotRequired[VideoInfo]


class Task(TypedDict):
    """Where a task is: `data` of pullVideoQuery, and what a notification says."""

    taskId: str
    transNo: str
    timestamp: int | str
    """Milliseconds; text with the compatibility switch `timestamp-string`."""
    status: int
    """1 in process, 2 completed."""
    items: list[TaskItem]


class QueryReply(TypedDict):
    """Reply of pullVideoQuery."""

    code: int
    message: str
    data: Task
