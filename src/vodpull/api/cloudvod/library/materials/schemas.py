"""The shapes of the calls about materials and sound, for the OpenAPI document."""

from __future__ import annotations

from pydantic import BaseModel

from vodpull.api.cloudvod.schemas import Shapes, WireEmptyReply, WireParameters, WireReply


class WireMaterialListParameters(WireParameters):
    """Parameters of getMaterialList; filters are joined by "and"."""

    materialId: str = ""
    """Id of the one material."""
    materialName: str = ""
    """Any part of it; letter case does not count."""
    suffix: str = ""
    """Of the file, without a dot."""
    createUser: str = ""
    """Names of accounts, a comma between; only the caller's own may be asked for."""
    publishDomain: str = ""
    """Where the file is."""
    uploadTimeStart: int | None = None
    """Unix time in seconds, inclusive."""
    uploadTimeEnd: int | None = None
    """Unix time in seconds, inclusive."""
    pageIndex: int = 1
    """From 1."""
    pageSize: int = 10
    """1 to 50; times pageIndex at most 100000."""


class WireMaterialEditParameters(WireParameters):
    """Parameters of materialEdit; at least one of the last two."""

    id: str
    """Id of the material."""
    name: str = ""
    """At most 40 characters."""
    publishDomain: str = ""
    """One of the installation's."""


class WireMaterialDeleteParameters(WireParameters):
    """Parameters of deleteMaterial."""

    id: str
    """Id of the material."""
    validateOccupy: int = 1
    """1: refuse while a video uses it; 0: delete it all the same."""


class WireAudioListParameters(WireParameters):
    """Parameters of getAudioList; filters are joined by "and"."""

    audioId: str = ""
    """Id of the one sound file."""
    audioName: str = ""
    """Any part of it; letter case does not count."""
    createUser: str = ""
    """Names of accounts, a comma between; only the caller's own may be asked for."""
    startTime: str = ""
    """`yyyy-MM-dd HH:mm:ss`, inclusive."""
    endTime: str = ""
    """`yyyy-MM-dd HH:mm:ss`, inclusive."""
    listOrder: int = 0
    """0 newest first, 1 oldest first."""
    pageIndex: int = 1
    """From 1."""
    pageSize: int = 10
    """1 to 50; times pageIndex at most 100000."""


class WireAudioEditParameters(WireParameters):
    """Parameters of editAudio; at least one of the last two."""

    audioId: str
    """Id of the sound file."""
    audioName: str = ""
    """At most 40 characters."""
    publishDomain: str = ""
    """One of the installation's."""


class WireAudioDeleteParameters(WireParameters):
    """Parameters of deleteAudio."""

    audioId: str
    """Id of the sound file."""
    validateOccupy: int = 1
    """Nothing uses sound, so either value deletes it."""


class WireNewMaterial(WireParameters):
    """One file that is to come."""

    name: str
    """At most 40 characters; of sound 200."""
    suffix: str = ""
    """1 to 10 letters or digits; of sound `mp3`."""


class WireMaterialTokenParameters(WireParameters):
    """Parameters of getMaterialUploadToken and getAudioUploadToken."""

    fileList: str | list[WireNewMaterial]
    """JSON array of up to 50 files, as it is or as base64."""
    domain: str = ""
    """One of the installation's publish domains."""
    overwrite: bool = False
    """A complete file may be replaced; of sound it may unless this says no."""


class WireMaterialToken(BaseModel):
    """A reserved place."""

    name: str
    suffix: str
    uploadToken: str
    """What the upload is sent with, as it is."""
    fileFullUrl: str


class WireMaterialPlace(WireMaterialToken):
    """A place for a material."""

    materialId: str


class WireAudioPlace(WireMaterialToken):
    """A place for a sound file."""

    audioId: str


class WireMaterialPlaces(BaseModel):
    """Places for materials."""

    uploadUrl: str
    """Base of `/file/upload`, `/mkblk/…`, `/bput/…` and `/mkfile/…`."""
    bucketName: str
    httpDnsServer: str
    items: list[WireMaterialPlace]
    """One for each file, in their order."""


class WireAudioPlaces(BaseModel):
    """Places for sound files."""

    uploadUrl: str
    """Base of `/file/upload`, `/mkblk/…`, `/bput/…` and `/mkfile/…`."""
    bucketName: str
    httpDnsServer: str
    items: list[WireAudioPlace]
    """One for each file, in their order."""


class WireMaterialTokenReply(WireReply):
    """Reply of getMaterialUploadToken."""

    data: WireMaterialPlaces | None = None


class WireAudioTokenReply(WireReply):
    """Reply of getAudioUploadToken."""

    data: WireAudioPlaces | None = None


class WireMaterialRecord(BaseModel):
    """One material."""

    id: str
    name: str
    suffix: str
    fileSize: int
    url: str
    createUser: str
    createTime: int
    """Unix time in seconds."""


class WireMaterialPage(BaseModel):
    """A page of materials."""

    total: int
    """Of all that fit."""
    materialList: list[WireMaterialRecord]


class WireAudioRecord(BaseModel):
    """One sound file."""

    audioName: str
    audioId: str
    createUser: str
    audioSize: int
    audioDuration: int
    """Whole seconds."""
    url: str
    suffix: str
    createTime: int
    """Unix time in seconds."""
    uploadTime: int
    """Unix time in seconds."""


class WireAudioPage(BaseModel):
    """A page of sound files."""

    audioTotal: int
    """Rows of this page."""
    audioGetListResponseList: list[WireAudioRecord]


class WireMaterialListReply(WireReply):
    """Reply of getMaterialList."""

    data: WireMaterialPage | None = None


class WireAudioListReply(WireReply):
    """Reply of getAudioList."""

    data: WireAudioPage | None = None


MATERIAL_SHAPES: dict[str, Shapes] = {
    "/vod/material/getMaterialUploadToken": (WireMaterialTokenParameters, WireMaterialTokenReply),
    "/vod/audioManage/getAudioUploadToken": (WireMaterialTokenParameters, WireAudioTokenReply),
    "/vod/material/getMaterialList": (WireMaterialListParameters, WireMaterialListReply),
    "/vod/material/materialEdit": (WireMaterialEditParameters, WireEmptyReply),
    "/vod/material/deleteMaterial": (WireMaterialDeleteParameters, WireEmptyReply),
    "/vod/audioManage/getAudioList": (WireAudioListParameters, WireAudioListReply),
    "/vod/audioManage/editAudio": (WireAudioEditParameters, WireEmptyReply),
    "/vod/audioManage/deleteAudio": (WireAudioDeleteParameters, WireEmptyReply),
}
"""By path."""
