"""A line of an export, as `vodpull import jsonl` reads it: of URLs, or of copies in another store. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from vodpull.imports.entries import category_paths
from vodpull.jobs.states_and_codes import ServerType

if TYPE_CHECKING:
    from vodpull import client
    from vodpull.videos.video import Video
    from vodpull.workflows.upkeep.export_copies import Copied


def line_of_urls(video: client.Video, playback: client.Playback, *, server: str) -> dict[str, Any]:
    """Return a video that a service answered as a line with its URLs."""

    def absolute(url: str) -> str:
        return urljoin(f"{server}/", url) if url else ""

    return _told(video) | {
        "url": absolute(playback.original_url or playback.playlist_url),
        "captions": [
            {
                "url": absolute(caption.url),
                "language": caption.language,
                "label": caption.label,
                "default": caption.default,
            }
            for caption in video.captions
        ],
        "blocked": video.state == "blocked",
        "playback": "signed" if video.is_signed else video.playback,
        "poster_url": absolute(playback.poster_url),
        "playlist_url": absolute(playback.playlist_url),
        "files": [
            {"clarity": each.clarity, "url": absolute(each.url), "size": each.size_bytes} for each in video.files
        ],
        "size": next((each.size_bytes for each in video.files if each.clarity == 1), None),
        "revision": video.sha256,
    }


def line_of_copies(video: Video, copied: Copied, *, name: str) -> dict[str, Any]:
    """Return a video as a line whose files are copies in the store of a name."""

    def there(key: str) -> str:
        return f"{name}:{key}" if key in copied.files else ""

    original = video.asset.original
    films = [file for file in video.asset.files if file.server_type is ServerType.MOBILE and there(file.key)]
    best = max(films, key=lambda file: file.size_bytes, default=None)
    sources: tuple[str, ...] = (original.key if original else "", best.key if best else "", video.asset.playlist_key)
    return _told(video) | {
        "account": video.account,
        "url": next(filter(None, map(there, sources)), ""),
        "captions": [
            {"url": there(key), "language": each.language, "label": each.label, "default": each.is_default}
            for each, key in copied.texts
        ],
        "blocked": video.is_blocked,
        "poster_url": there(video.asset.poster_key),
        "playlist_url": there(video.asset.playlist_key),
        "files": [
            {"clarity": int(file.clarity), "url": there(file.key), "sha256": copied.files[file.key].sha256}
            for file in video.asset.files
            if there(file.key)
        ],
        "size": original.size_bytes if original else None,
        "revision": video.asset.sha256,
        "encrypted": video.is_encrypted,
    }


def _told(video: client.Video | Video) -> dict[str, Any]:
    """Return what a line says of a video wherever its files are."""
    return {
        "id": video.video_id,
        "video_id": video.video_id,
        "name": video.name,
        "description": video.description,
        "categories": category_paths(video.categories),
        "created_at": datetime.fromtimestamp(video.created_at_ms / 1000, UTC).isoformat(),
        "duration": video.duration_s,
    }
