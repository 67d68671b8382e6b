"""A video as the wire contract has it: the record of lists, and where to play it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from enum import IntEnum
from typing import Any

from vodpull.clock import wire_time
from vodpull.jobs.model import StoredFile
from vodpull.jobs.states_and_codes import Clarity, EncodeState, ServerType
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.video import Video
from vodpull.wire_values import whole_seconds

ENCRYPTED_NOT_ENCODED = 5
"""Of `transcodeState`: what 2 is for others, as 2 of an encrypted video means that it was encoded in clear."""

DEVICES = ("PC端", "移动端")
"""Values of `urlType`; clients compare with the text."""

_DEFINITIONS = {
    "fluentUrl": Clarity.LD,
    "sdUrl": Clarity.SD,
    "highUrl": Clarity.HD,
    "hdPullUrl": Clarity.FHD,
}


class CodeType(IntEnum):
    """Values of `codeType`: which part of the publish code is asked for."""

    ALL = 0
    FLASH = 2
    """Gone, so nothing."""
    FILES = 4
    ADAPTIVE = 5
    PREVIEW = 6
    """This and what follows are products of that cloud, so nothing."""
    PREVIEW_FILES = 7
    CUSTOM = 8


def video_info(video: Video, *, urls: FileUrls, zone: tzinfo) -> dict[str, Any]:
    """Return the record of a video, times in this zone (spec cloud-vod-videos §2.1)."""
    return {
        "videoName": video.name,
        "videoId": video.video_id,
        "createUser": video.account,
        "encrypt": int(video.is_encrypted),
        "videoSize": str(video.size_bytes),
        "videoDuration": str(whole_seconds(video.duration_s)),
        "createTime": wire_time(video.created_at_ms, zone),
        "uploadTime": wire_time(video.uploaded_at_ms, zone),
        "updateTime": wire_time(video.updated_at_ms, zone),
        "videoDescription": video.description,
        "videoClassification": ",".join(label.name for label in video.categories if label.parent_id),
        "imageUrl": urls.file(video, video.asset.poster_key),
        "publishDomain": urls.host(video.publish_domain),
        "playerName": "",
        "playerId": video.player_id,
        "videoState": int(video.state),
        "transcodeState": _transcode_state(video),
        "videoSourceCode": int(video.origin),
        "videoResolutions": [_resolution(file) for file in _shown(video)],
    }


def publish_code(video: Video, *, urls: FileUrls, code_type: CodeType = CodeType.ALL) -> dict[str, Any]:
    """Return where a video plays; members that the type leaves out are empty (spec cloud-vod-videos §6)."""
    adaptive = urls.file(video, video.asset.playlist_key)
    return {
        "videoId": video.video_id,
        "encrypt": int(video.is_encrypted),
        "swfCode": "",
        "htmlCode": "",
        "jsCode": "",
        # Empty for encrypted video, whose playlists are in `videoUrl` (spec cloud-vod-endpoints §3).
        "autoCode": adaptive if code_type in {CodeType.ALL, CodeType.ADAPTIVE} and not video.is_encrypted else "",
        "customCode": "",
        "tryWatchAutoCode": "",
        "videoUrl": list(_file_urls(video, urls)) if code_type in {CodeType.ALL, CodeType.FILES} else [],
        "tryWatchVideoUrl": [],
    }


def _transcode_state(video: Video) -> int:
    if video.is_encrypted and video.encode_state is EncodeState.NOT_ENCODED:
        return ENCRYPTED_NOT_ENCODED
    return int(video.encode_state)


def _shown(video: Video) -> list[StoredFile]:
    """Return the original, then one file of each definition."""
    files = [file for file in video.asset.files if file.server_type in {ServerType.SOURCE, ServerType.PC}]
    return sorted(files, key=lambda file: file.clarity)


def _resolution(file: StoredFile) -> dict[str, int]:
    return {
        "clarity": int(file.clarity),
        "serverType": int(file.server_type),
        "height": file.height_px,
        "width": file.width_px,
        "fileSize": file.size_bytes,
    }


def _file_urls(video: Video, urls: FileUrls) -> Iterator[dict[str, str]]:
    """Give the URLs for computers, progressive files where there are any, then those for phones: playlists."""
    playlists = {file.clarity: file.key for file in video.asset.files if file.server_type is not ServerType.MOBILE}
    progressive = {file.clarity: file.key for file in video.asset.files if file.server_type is ServerType.MOBILE}
    for device, keys in zip(DEVICES, (playlists | progressive, playlists), strict=True):
        members = {"originUrl": Clarity.ORIGINAL} | _DEFINITIONS
        yield {"urlType": device} | {name: urls.file(video, keys.get(clarity, "")) for name, clarity in members.items()}
