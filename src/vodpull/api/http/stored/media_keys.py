"""Which keys of the store are served at all, by their form alone. Pure."""

from __future__ import annotations

import re

# Month, directory of the job, then plain names: none is hidden, empty, encoded or made of dots. Materials stand alone.
MEDIA_KEY = re.compile(
    r"(?:pullvideo|video)/[0-9]{6}/(?P<directory>[0-9a-f]{32})(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+"
    r"|(?:material|audio)/[0-9]{6}/[0-9a-f]{32}\.[A-Za-z0-9]{1,10}"
)


def is_media_key(key: str) -> bool:
    """Return True for keys as the service makes them; nothing else is looked up, whatever the store would answer."""
    return MEDIA_KEY.fullmatch(key) is not None
