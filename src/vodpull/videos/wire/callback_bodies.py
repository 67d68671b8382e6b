"""What receivers are told of videos: the bodies of callbacks (spec cloud-vod-videos §11). Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from vodpull.materials.material import Material
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.video import Video
from vodpull.videos.wire.material_shapes import material_info
from vodpull.videos.wire.shapes import publish_code, video_info
from vodpull.wire_values import compact_json

SUCCEEDED = {"code": 200, "message": "操作成功"}
FAILED = {"code": 300, "message": "Operation failed"}


def transcode_notice(video: Video, *, urls: FileUrls, has_failed: bool) -> str:
    """Return what is posted when an encode of a video has ended: where it plays, or that it failed."""
    if has_failed:
        return _sent({"code": FAILED["code"], "data": {"videoId": video.video_id}, "message": FAILED["message"]})
    data = publish_code(video, urls=urls)
    return _sent({"code": SUCCEEDED["code"], "data": data, "message": SUCCEEDED["message"]})


def upload_notice(video: Video, *, urls: FileUrls, zone: tzinfo) -> str:
    """Return what is posted when a video has arrived: its record, with the members of a player that is gone."""
    data = {"videoListInfo": [video_info(video, urls=urls, zone=zone) | _OF_FLASH], "videoTotal": 1}
    return compact_json({"code": SUCCEEDED["code"], "data": data, "message": SUCCEEDED["message"]}).decode()


_OF_FLASH = {"flashPlayerName": "", "flashPlayerId": "", "flashImageRatio": 0, "flashAutoPlay": 0}


def deletion_notice(task_id: int, statuses: Mapping[str, int], *, now_ms: int) -> str:
    """Return what is posted when videos were deleted: by id 2, or 3 where files could not be removed."""
    items = [{"videoId": video_id, "status": status} for video_id, status in statuses.items()]
    return _sent({"taskId": str(task_id), "status": 2, "items": items, "timestamp": now_ms})


def material_notice(material: Material, *, urls: FileUrls) -> str:
    """Return what is posted when a material has arrived: its record."""
    data = {"materialList": [material_info(material, urls=urls)], "total": 1}
    return compact_json({"code": SUCCEEDED["code"], "data": data, "message": SUCCEEDED["message"]}).decode()


def edit_notice(told: Mapping[str, Any]) -> str:
    """Return what is posted when a clip or a join has ended: what its query tells."""
    return _sent(told)


def _sent(data: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(compact_json(data)).decode("ascii")
