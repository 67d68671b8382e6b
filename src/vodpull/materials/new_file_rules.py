"""What files are taken as materials, and what each may be used for: suffix, size, length of the name. Pure."""

from __future__ import annotations

import re

from vodpull.materials.material import MaterialKind

MAX_BYTES = 100 * 1024 * 1024
"""Of a picture or subtitles."""

MAX_NAME_CHARS = 40
"""Of an edit (spec cloud-vod-videos §10)."""

NEW_NAME_CHARS = {MaterialKind.MATERIAL: 40, MaterialKind.AUDIO: 200}
"""Most of a name that a file comes with."""

SUBTITLE_SUFFIXES = ("vtt", "srt", "ass")
"""Of materials that can be captions, or be burnt in."""

PICTURE_SUFFIXES = ("png", "jpg", "jpeg")
"""Of materials that can be watermarks."""

SOUND_SUFFIX = "mp3"
"""The one form of sound that is taken."""


def is_suffix(text: str) -> bool:
    """Return True for 1 to 10 letters and digits."""
    return re.fullmatch("[A-Za-z0-9]{1,10}", text) is not None


def is_taken(kind: MaterialKind, suffix: str) -> bool:
    """Return True when files with a suffix are taken as materials of a kind."""
    return kind is MaterialKind.MATERIAL or suffix.lower() == SOUND_SUFFIX


def most_bytes(kind: MaterialKind) -> int:
    """Return how large a file of a kind may be; 0: as large as any upload."""
    return MAX_BYTES if kind is MaterialKind.MATERIAL else 0
