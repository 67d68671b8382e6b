"""The shapes of the calls that give upload tokens away, for the OpenAPI document."""

from __future__ import annotations

from pydantic import BaseModel

from vodpull.api.cloudvod.schemas import Shapes, WireParameters, WireReply


class WireUploadTokenParameters(WireParameters):
    """Parameters of getUploadToken."""

    originFileName: str
    """Name with a suffix, at most 255 characters."""
    fileId: str = ""
    """At most 32 characters; the same one goes on with the same upload while it is unfinished."""
    fileMd5: str = ""
    """Of the file, which is refused if it has another; also its `fileId` where there is none."""
    domain: str = ""
    """One of the installation's publish domains."""
    workflowId: str = ""
    """Template; goes before `cmd` and `transCodeCombineName`."""
    transCodeCombineName: str = ""
    """Template."""
    overwrite: int = 0
    """1: a finished upload of the same `fileId` is replaced."""
    categoryNames: str = ""
    """JSON list of `{"parentName","childName"}`, as it is or as base64."""
    videoSource: str = ""
    """`web`, `sdk` or `tool`."""
    originFileSize: str = ""
    """Number of bytes, to be refused early."""


class WireUploadToken(BaseModel):
    """A reserved place."""

    uploadUrl: str
    """Base of `/file/upload`, `/mkblk/…`, `/bput/…` and `/mkfile/…`."""
    fileKey: str
    videoId: str
    uploadToken: str
    """What the requests are sent with, as it is."""
    bucketName: str
    httpDnsServer: str
    speedDomainlUrl: str


class WireUploadTokenReply(WireReply):
    """Reply of getUploadToken."""

    data: WireUploadToken


UPLOAD_SHAPES: dict[str, Shapes] = {
    "/vod/videoManage/getUploadToken": (WireUploadTokenParameters, WireUploadTokenReply)
}
