"""
Text tracks put into the multivariant playlist of a video, exchanged and taken out. Pure.

Which one players show by default is decided before: of people's `jobs/store/caption_rows.py`, of a source's own
`workflows/attempt/captions/offered_texts.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

GROUP = "text"

_LINE = "#EXT-X-MEDIA:TYPE=SUBTITLES,"
_VARIANT = "#EXT-X-STREAM-INF:"
_FOR_DEAF = "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"
_MEMBER = re.compile(r',SUBTITLES="[^"]*"')
_UNQUOTABLE = re.compile(r'["\x00-\x1f\x7f]')


@dataclass(frozen=True, kw_only=True)
class TextRendition:
    """One text track that a viewer can choose."""

    uri: str
    """Of its playlist, relative to the multivariant one."""
    name: str
    language: str
    """By BCP 47."""
    is_default: bool = False
    is_forced: bool = False
    """It has only what must be understood: foreign speech, signs."""
    is_for_deaf: bool = False
    """It tells what is heard, too."""


def tie(playlist: str, tracks: Sequence[TextRendition]) -> str:
    """Return a multivariant playlist with these text tracks and no others; a media playlist stays as it is."""
    if _VARIANT not in playlist:
        return playlist
    lines = [_MEMBER.sub("", line) for line in playlist.split("\n") if not line.startswith(_LINE)]
    if not tracks:
        return "\n".join(lines)
    first = next(number for number, line in enumerate(lines) if line.startswith(_VARIANT))
    lines[first:first] = [_line(track) for track in _told_apart(tracks)]
    member = f',SUBTITLES="{GROUP}"'
    return "\n".join(line + member if line.startswith(_VARIANT) else line for line in lines)


def _told_apart(tracks: Sequence[TextRendition]) -> list[tuple[TextRendition, str]]:
    """Return the tracks with names that no two of them share, as RFC 8216 §4.3.4.1.1 asks."""
    seen: set[str] = set()
    told = []
    for track in tracks:
        wanted = _UNQUOTABLE.sub("", track.name) or track.language
        name, number = wanted, 2
        while name in seen:
            name, number = f"{wanted} {number}", number + 1
        seen.add(name)
        told.append((track, name))
    return told


def _line(told: tuple[TextRendition, str]) -> str:
    track, name = told
    attributes = (
        f'GROUP-ID="{GROUP}"',
        f'NAME="{name}"',
        f'LANGUAGE="{track.language}"',
        f"DEFAULT={'YES' if track.is_default else 'NO'}",
        "AUTOSELECT=YES",
        f"FORCED={'YES' if track.is_forced else 'NO'}",
        *((f'CHARACTERISTICS="{_FOR_DEAF}"',) if track.is_for_deaf else ()),
        f'URI="{track.uri}"',
    )
    return _LINE + ",".join(attributes)
