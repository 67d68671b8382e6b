"""
Default names for files and videos that the client did not name.

A file is named after its URL alone, never after a header of the origin; a video after its file.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

MAX_FILE_NAME_CHARS = 255
DEFAULT_FILE_NAME = "video"


def name_in_url(url: str) -> str:
    """Return the last part of the URL's path, decoded; a fixed name when there is none."""
    try:
        path = urlsplit(url).path
    except ValueError:  # not a URL: the item will say so itself
        return DEFAULT_FILE_NAME
    name = "".join(filter(str.isprintable, unquote(path).rpartition("/")[2]))
    # The end of an overlong name is kept: it carries the suffix.
    return DEFAULT_FILE_NAME if name in {"", ".", ".."} else name[-MAX_FILE_NAME_CHARS:]


def name_of_file(file_name: str) -> str:
    """Return what a video is called at first: the file's name without its suffix (spec cloud-vod-videos §2.1)."""
    stem, dot, _ = file_name.rpartition(".")
    return stem if dot and stem else file_name
