"""What a file must be so that it is taken as a material: its suffix, its size, the length of its name. Pure."""

from __future__ import annotations

import re

from vodpull.materials.model import MaterialKind

MAX_BYTES = 100 * 1024 * 1024
"""Of a picture or subtitles."""

NEW_NAME_CHARS = {MaterialKind.MATERIAL: 40, MaterialKind.AUDIO: 200}
"""Most of a name that a file comes with."""

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
