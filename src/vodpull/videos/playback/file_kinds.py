"""What counts as the original of a video, its playlists, media, captions and pictures, by a file's name. Pure."""

from __future__ import annotations

from enum import StrEnum


class FileKind(StrEnum):
    """What a stored file is to its viewers."""

    PLAYLIST = "playlist"
    MEDIA = "media"
    CAPTIONS = "captions"
    PICTURES = "pictures"
    ORIGINAL = "original"


_ENDINGS = {
    ".m3u8": FileKind.PLAYLIST,
    ".mpd": FileKind.PLAYLIST,
    ".vtt": FileKind.CAPTIONS,
    ".jpg": FileKind.PICTURES,
    ".png": FileKind.PICTURES,
    ".webp": FileKind.PICTURES,
}


def kind_of(name: str, video_id: str) -> FileKind:
    """
    Return what a file of a video is, by its name below the video's folder.

    Outputs begin with the videoId; what lies beside them is the original (`storage.original_name`).
    """
    own = name.startswith(video_id) and not name.startswith(f"{video_id}-source")
    if "/" not in name and not own:
        return FileKind.ORIGINAL
    ending = f".{name.rpartition('.')[2].lower()}"
    return _ENDINGS.get(ending, FileKind.MEDIA)
