"""Materials and sound as the wire contract has them. Pure."""

from __future__ import annotations

from typing import Any

from vodpull.materials.material import Material
from vodpull.videos.file_urls import FileUrls
from vodpull.wire_values import whole_seconds


def material_info(material: Material, *, urls: FileUrls) -> dict[str, Any]:
    """Return the record of a material (spec cloud-vod-videos §10)."""
    return {
        "id": material.material_id,
        "name": material.name,
        "suffix": material.suffix,
        "fileSize": material.size_bytes,
        "url": urls.url(material.key, material.publish_domain),
        "createUser": material.account,
        "createTime": material.created_at_ms // 1000,
    }


def audio_info(audio: Material, *, urls: FileUrls) -> dict[str, Any]:
    """Return the record of a sound file (spec cloud-vod-videos §10)."""
    return {
        "audioName": audio.name,
        "audioId": audio.material_id,
        "createUser": audio.account,
        "audioSize": audio.size_bytes,
        "audioDuration": whole_seconds(audio.length_s),
        "url": urls.url(audio.key, audio.publish_domain),
        "suffix": audio.suffix,
        "createTime": audio.created_at_ms // 1000,
        "uploadTime": audio.uploaded_at_ms // 1000,
    }
