"""With which headers an object is served, by us and by what else serves the bucket: content type, life in caches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from vodpull.storage.object_keys import MATERIAL_ROOTS, VIDEO_ROOTS

# Closed list: whatever else a client had fetched here, no browser may run it as a page.
_TYPES = {
    ".ass": "text/x-ssa; charset=utf-8",
    ".avi": "video/x-msvideo",
    ".flv": "video/x-flv",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".mpd": "application/dash+xml",
    ".mpg": "video/mpeg",
    ".png": "image/png",
    ".srt": "application/x-subrip; charset=utf-8",
    ".ts": "video/mp2t",
    ".vtt": "text/vtt; charset=utf-8",
    ".webm": "video/webm",
    ".webp": "image/webp",
}
_UNKNOWN_TYPE = "application/octet-stream"

_PLAYLIST_CACHE = "public, max-age=10"
"""A playlist is written anew while an asset grows, and when it is encoded again."""

_SEGMENT_CACHE = "public, max-age=31536000, immutable"
"""Everything in a folder of outputs keeps its bytes for good."""

_FILE_CACHE = "public, max-age=300"
"""A file that plays by itself: not longer, so that caches let go of a video that was blocked."""

_PRIVATE_CACHE = "private, no-store"
"""Manifests and intermediate results are nobody's to serve."""


_SERVED = (*VIDEO_ROOTS, *MATERIAL_ROOTS)

_SLASHES_OF_A_FILE = 3
"""In `pullvideo/<yyyyMM>/<directory>/<name>` and `video/…`."""


@dataclass(frozen=True, kw_only=True)
class ObjectHeaders:
    """What a server says of an object beside its bytes."""

    content_type: str
    cache_control: str


def headers_of(key: str) -> ObjectHeaders:
    """Return the headers of the object of a key. Pure."""
    suffix = PurePosixPath(key).suffix.lower()
    is_alone = key.count("/") <= _SLASHES_OF_A_FILE
    cache_control = _PLAYLIST_CACHE if suffix in {".m3u8", ".mpd"} else _FILE_CACHE if is_alone else _SEGMENT_CACHE
    return ObjectHeaders(
        content_type=_TYPES.get(suffix, _UNKNOWN_TYPE),
        cache_control=cache_control if key.partition("/")[0] in _SERVED else _PRIVATE_CACHE,
    )
