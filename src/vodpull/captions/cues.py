"""Cues as plain values, and which of them belong to a video; how many a file may have: `limits.py`. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vodpull.captions.limits import MAX_AT_ONCE
from vodpull.errors import CaptionInvalid


@dataclass(frozen=True, kw_only=True)
class Cue:
    """A text and when it is seen."""

    start_ms: int
    end_ms: int
    text: str
    """Lines of WebVTT cue text: no other markup, nothing that ends the cue."""
    settings: str = ""
    """Of WebVTT: where it stands; empty: at the bottom."""
    line: int = 0
    """Where it stood in the file; 0: not known."""


@dataclass(frozen=True, kw_only=True)
class CueList:
    """The cues of one file by their beginning."""

    cues: tuple[Cue, ...]
    left_out: int = 0
    """Cues of the file that are not among them: without text, without length, or beyond the end of the video."""


def shifted(track: CueList, by_ms: int) -> CueList:
    """Return a track so much later; what then begins before the video begins with it."""
    moved = (
        replace(cue, start_ms=max(0, cue.start_ms + by_ms), end_ms=max(0, cue.end_ms + by_ms)) for cue in track.cues
    )
    return _lasting(track, moved)


def kept_within(track: CueList, duration_s: float) -> CueList:
    """
    Return what of a track can be seen in a video of this length; 0: any length.

    Raises:
        CaptionInvalid: nothing of it can.
    """
    end_ms = round(1000 * duration_s)
    if end_ms:
        ended = (replace(cue, end_ms=min(cue.end_ms, end_ms)) for cue in track.cues)
        track = _lasting(track, ended)
    if not track.cues:
        where = f" within the {duration_s:.0f} s of the video" if duration_s else ""
        raise CaptionInvalid(f"there is no cue{where}")
    return track


def check_crowd(cues: Iterable[Cue]) -> None:
    """
    Make sure that not more cues are seen at once than anybody can read; they come by their beginning.

    Raises:
        CaptionInvalid: there are more.
    """
    ends: list[int] = []
    for cue in cues:
        while ends and ends[0] <= cue.start_ms:
            heapq.heappop(ends)
        heapq.heappush(ends, cue.end_ms)
        if len(ends) > MAX_AT_ONCE:
            raise CaptionInvalid(f"more than {MAX_AT_ONCE} cues are seen at once", line=cue.line)


def _lasting(track: CueList, cues: Iterable[Cue]) -> CueList:
    lasting = tuple(cue for cue in cues if cue.start_ms < cue.end_ms)
    return CueList(cues=lasting, left_out=track.left_out + len(track.cues) - len(lasting))
