"""Whether a stored original keeps the name that its client gave, and what it is called otherwise."""

from __future__ import annotations

import re

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,98}[A-Za-z0-9]")
_PLAIN_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")
_DEVICE_NAMES = frozenset({"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)})


def original_name(file_name: str, *, video_id: str) -> str:
    """
    Return the last part of the original's key: the client's name when it is plain, else one made from the video id.

    Plain means ASCII letters, digits, dot, dash and underscore, not hidden, no `..`, no Windows device name, and not
    taking the place of an output. Anything else is only a label; its suffix is kept when that is plain.
    """
    stem = file_name.split(".", maxsplit=1)[0].lower()
    plain = _PLAIN_NAME.fullmatch(file_name) is not None and ".." not in file_name
    if plain and stem not in _DEVICE_NAMES and not file_name.startswith(video_id):
        return file_name
    dot = file_name.rfind(".")
    suffix = file_name[dot:] if dot > 0 and _PLAIN_SUFFIX.fullmatch(file_name[dot:]) else ""
    return f"{video_id}-source{suffix.lower()}"
