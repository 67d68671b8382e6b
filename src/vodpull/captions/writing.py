"""Tracks as WebVTT: one whole file, and the segments and the playlist that HLS wants of it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import webvtt

from vodpull.captions.cues import Cue, CueList
from vodpull.captions.reading import clock
from vodpull.errors import InternalError

SEGMENT_S = 60
"""A minute of text is a kilobyte, and a film has a hundred of them."""

PLAYLIST = "captions.m3u8"
WHOLE = "captions.vtt"
_SEGMENT = "{:05d}.vtt"
# Players expect no other version for text in a playlist of its own.
_VERSION = 6
_HEADER = "WEBVTT"
# Our media begins at 0, and so does its text.
_CLOCK = "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000"


@dataclass(frozen=True, kw_only=True)
class WrittenTrack:
    """The files of one track, counted."""

    files: Mapping[str, bytes]
    """By their names in a folder of their own: segments first, then the whole, the playlist last."""
    cues: int

    @property
    def size_bytes(self) -> int:
        """All of them together."""
        return sum(map(len, self.files.values()))


def write_track(track: CueList, *, duration_s: float) -> WrittenTrack:
    """
    Return the files of a track for a video of this length; each is read once more and its cues are counted.

    A cue is in every segment that it is seen in, with its own times.
    """
    last_s = max((cue.end_ms for cue in track.cues), default=0) / 1000
    length_s = max(duration_s, last_s) or SEGMENT_S
    parts = _parts(track.cues, count=math.ceil(length_s / SEGMENT_S))
    segments = {_SEGMENT.format(number): _text(part, _CLOCK) for number, part in enumerate(parts, start=1)}
    whole = _text(track.cues)
    for text, cues in ((whole, track.cues), *zip(segments.values(), parts, strict=True)):
        _check(text, cues)
    if {cue for part in parts for cue in part} != set(track.cues):
        raise InternalError("a cue is in no segment")
    texts = {**segments, WHOLE: whole, PLAYLIST: _playlist(list(segments), length_s)}
    return WrittenTrack(files={name: text.encode() for name, text in texts.items()}, cues=len(track.cues))


def _parts(cues: Sequence[Cue], *, count: int) -> list[list[Cue]]:
    parts: list[list[Cue]] = [[] for _ in range(count)]
    for cue in cues:
        first, last = cue.start_ms // (1000 * SEGMENT_S), (cue.end_ms - 1) // (1000 * SEGMENT_S)
        for number in range(first, last + 1):
            parts[number].append(cue)
    return parts


def _text(cues: Sequence[Cue], *metadata: str) -> str:
    return "\n".join([_HEADER, *metadata, "", *(line for cue in cues for line in _cue(cue))])


def _cue(cue: Cue) -> Iterator[str]:
    settings = f" {cue.settings}" if cue.settings else ""
    yield f"{clock(cue.start_ms)} --> {clock(cue.end_ms)}{settings}"
    yield cue.text
    yield ""


def _playlist(names: Sequence[str], length_s: float) -> str:
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{SEGMENT_S}",
        "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-PLAYLIST-TYPE:VOD",
    ]
    for number, name in enumerate(names):
        lines += [f"#EXTINF:{min(SEGMENT_S, length_s - number * SEGMENT_S):.6f},", name]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def _check(text: str, cues: Sequence[Cue]) -> None:
    """Make sure that a reader of WebVTT finds in a text what was written, cue by cue."""
    found = [(cue.start, cue.end, cue.raw_text) for cue in webvtt.from_string(text, strict=True).captions]
    if found != [(clock(cue.start_ms), clock(cue.end_ms), cue.text) for cue in cues]:
        raise InternalError("the cues that were written are not those that were read")
